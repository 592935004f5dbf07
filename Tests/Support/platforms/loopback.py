"""An HTTP server on loopback for what imitates a service."""

import http.server
import threading


class Loopback:
    """Serves each request, whatever its method, by `serve(handler)` of whoever inherits it."""

    def __init__(self):
        self.lock = threading.RLock()
        self.gone = threading.Event()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def serve(self):
                owner.serve(self)

            do_GET = do_POST = do_PUT = serve

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.gone.set()
        self.server.shutdown()
        self.server.server_close()
