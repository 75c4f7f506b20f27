"""rrmm: the analytics behind the explorer of relapsed or refractory multiple myeloma cohorts.

Nothing in this package imports Streamlit, except ``rrmm.ui``. Times are held in days; a month is
``DAYS_PER_MONTH`` days wherever months are shown.
"""

__version__ = "0.1.0"

DAYS_PER_MONTH = 30.4375
"""Days in a month: 365.25 / 12, the convention of the whole app."""
