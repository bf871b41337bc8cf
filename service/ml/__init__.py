"""Text in, scores out: what the model sees, how it learns, and where it is kept."""

import os

# Without this, from its version 1.29 on onnxruntime tells its maker of every model that is loaded, of this machine and
# of its load, which nobody agreed to. And the thread that sends it, lost when gunicorn forks, aborted the server's
# process when it ended. It is read once, when the library is loaded, which no other folder does.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
