"""Who gets in, and what a public server asks first. Off unless the server's secrets say otherwise.

`.streamlit/secrets.toml`::

    [auth]                      # as Streamlit documents it for st.login; needs the package Authlib
    redirect_uri = "https://rrmm.hospital.example/oauth2callback"
    cookie_secret = "..."
    client_id = "..."
    client_secret = "..."
    server_metadata_url = "https://login.hospital.example/.well-known/openid-configuration"

    [rrmm]
    allow = ["@hospital.example", "a.b@university.example"]   # domains and addresses; "*": whoever may log in there
    hours = 12                  # after that, log in again
    public = true               # ask to confirm that data are de-identified before the first file

Every doubt locks: a login without a list, a list without a login, secrets that can't be read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from rrmm.ui import state
from rrmm.ui.notices import plain

HOURS = 12.0
"""A login is asked for again after so many hours, unless the secrets say otherwise. Streamlit's own cookie lasts 30 days."""
PUBLIC_HOSTS = (".streamlit.app",)
"""Names under which the app is on somebody else's public server."""


@dataclass(frozen=True)
class Rules:
    """What the server's secrets ask for. wrong: why nobody gets in, in one sentence, or ""."""

    login: bool = False
    allow: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    hours: float = HOURS
    public: bool = False
    wrong: str = ""


def rules_from(secrets: Mapping[str, Any]) -> Rules:
    """Read the sections [auth] and [rrmm]."""
    own, auth = secrets.get("rrmm", {}), secrets.get("auth", {})
    if not isinstance(own, Mapping) or not isinstance(auth, Mapping):
        return Rules(wrong="The secrets of this server are not laid out as sections.")
    allow, hours, public = own.get("allow", ()), own.get("hours", HOURS), own.get("public", False)
    if isinstance(allow, str) or not all(isinstance(each, str) and each.strip() for each in allow):
        return Rules(wrong="The list of those who may use this app can't be read.")
    if isinstance(hours, bool) or not isinstance(hours, (int, float)) or not hours > 0 or not isinstance(public, bool):
        return Rules(wrong="The settings of this app can't be read.")
    if not auth and ("allow" in own or "hours" in own):
        return Rules(wrong="This app is for listed people only, but no login is set up.")
    if auth and not list(allow):
        return Rules(wrong="A login is set up, but nobody is listed who may use this app.")
    named = tuple(name for name, entry in auth.items() if isinstance(entry, Mapping) and "client_id" in entry)
    providers = ("", *named) if "client_id" in auth else named
    if auth and not providers:
        return Rules(wrong="The login of this app is not set up in full.")
    return Rules(bool(auth), tuple(each.strip().casefold() for each in allow), providers, float(hours), public)


def rules() -> Rules:
    """The rules of this server; no file of secrets, no rules."""
    if st.secrets.load_if_toml_exists():
        return rules_from(st.secrets)
    if any(Path(file).exists() for file in st.get_option("secrets.files")):
        return Rules(wrong="The secrets of this server can't be read.")
    return Rules()


def allowed(address: object, listed: Iterable[str]) -> bool:
    """Whether the list has this address or its domain. A domain stands for itself, not for what ends like it."""
    if not isinstance(address, str):
        return False
    found = address.strip().casefold()
    name, at, domain = found.rpartition("@")
    if not (name and at and domain) or any(each.isspace() for each in found):
        return False
    return any(each in ("*", found, "@" + domain) for each in listed)


def admitted(user: Mapping[str, Any], now: float, of: Rules) -> str:
    """Why this user may not come in, in one sentence, or "".

    user: what the provider says of the user (OpenID Connect claims). now: seconds since 1970.
    """
    if user.get("email_verified") is False:
        return "Your provider has not verified this address."
    if not allowed(user.get("email"), of.allow):
        return "This account is not on the list of those who may use this app."
    issued = user.get("iat")
    if isinstance(issued, (int, float)) and now - issued > of.hours * 3600:
        return "This login is too old. Log out, and log in again."
    return ""


def enter() -> None:
    """Nobody gets past this line who may not. First thing on every page."""
    of = rules()
    if of.wrong:
        _locked(of.wrong + " Nobody gets in until whoever runs it has put that right.")
    if not of.login:
        return
    user = st.user.to_dict()
    if not user.get("is_logged_in"):
        _before_login(of)
    reason = admitted(user, time.time(), of)
    if reason:
        _turned_away(reason, user)


def way_out() -> None:
    """The button to log out, where there is a login."""
    if rules().login and st.button("Log out", icon=":material/logout:", width="stretch", key="log_out"):
        state.forget()
        st.logout()


def _locked(sentence: str) -> None:
    st.title("rrmm", anchor=False)
    st.error(plain(sentence), icon=":material/lock:")
    st.stop()


def _before_login(of: Rules) -> None:
    st.title("rrmm", anchor=False)
    st.markdown("This app is for listed people only.")
    for name in of.providers:
        label = f"Log in with {plain(name)}" if name else "Log in"
        if st.button(label, type="primary", icon=":material/login:", key="log_in_" + name):
            st.login(name or None)
    st.stop()


def _turned_away(reason: str, user: Mapping[str, Any]) -> None:
    state.forget()
    st.title("rrmm", anchor=False)
    st.error(plain(reason), icon=":material/lock:")
    st.caption("Logged in as " + plain(user.get("email", "somebody without an address")))
    if st.button("Log out", icon=":material/logout:", key="log_out"):
        st.logout()
    st.stop()


def is_public() -> bool:
    """Whether this server is open to the world: by secrets, by RRMM_PUBLIC=1, or by its name."""
    host = str(st.context.headers.get("Host", "")).split(":")[0].casefold()
    return rules().public or os.environ.get("RRMM_PUBLIC", "") == "1" or host.endswith(PUBLIC_HOSTS)


def may_load() -> bool:
    """On a public server: ask once a session whether the data are de-identified, before a file can be chosen."""
    if not is_public() or state.held("deidentified"):
        return True
    st.warning("This is a public server, not your hospital’s own machine. Load data only if nobody in it can be "
               "recognised: no names, initials, birth dates, addresses, hospital or insurance numbers, and no free text "
               "that holds them. The sample cohort needs no confirmation.", icon=":material/shield_person:")
    if st.button("My data are de-identified, and I may use them here", key="confirm_deidentified"):
        state.hold("deidentified", True)
        st.rerun()
    return False
