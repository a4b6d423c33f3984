"""Where people and programs come in: command line, page, HTTP and MCP.

In: what they type, click and send. Out: what they see and get.
"""

import os

# All must stand before gradio is imported: without the first two it calls two hosts outside.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# gradio makes a table of the last events, 10,000 of them unless told, after each of them.
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")
