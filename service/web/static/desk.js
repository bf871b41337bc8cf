// The desk's script: each file does one thing, and what it is for stands on the page or it does nothing.

import "./cards.js";
import "./drawer.js";
import "./keys.js";
import "./live.js";
import "./many.js";
import "./watching.js";
