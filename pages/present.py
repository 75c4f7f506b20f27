"""The tumour-board view: collect, order and title views, show them one a screen, take them home.

In front of it: a presenter before the meeting, who sets the order; then the room, who reads the wall from eight metres
and asks. The next thing they do is change the comparison while it is shown.
"""


from rrmm.ui import controls, presenting, state
from rrmm.ui.frame import frame

cohort = frame("Present", filters=not presenting.running())
if presenting.running():
    presenting.screen()
else:
    presenting.prepare()
    controls.saved_session(state.cohort())
