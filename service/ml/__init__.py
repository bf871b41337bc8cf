"""Text in, scores out: what the model sees, how it learns, and where it is kept."""

import os

# Without this, from its version 1.29 on onnxruntime tells its maker of every model that is loaded, of this machine and
# of its load, which nobody agreed to; and the thread that sends it, lost in the fork of a server's process, aborted that
# process when it ended. It is read once, when the library is loaded, and the library is loaded by this folder alone.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
