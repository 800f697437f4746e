"""What stands between Agentiv and a mail server, or in the place of one."""
import re
import socket
import threading


class Listener:
    """Serves each connection in a thread of its own until closed."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.connections = 0
        self.open = set()
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            self.open.add(client)
            threading.Thread(target=self.guarded, args=(client, self.connections), daemon=True).start()

    def guarded(self, client, number):
        try:
            self.serve(client, number)
        except OSError:
            pass
        finally:
            self.open.discard(client)
            client.close()

    def serve(self, client, number):
        raise NotImplementedError

    def close(self):
        # ends accept too
        cut(self.socket)
        self.socket.close()
        for client in list(self.open):
            cut(client)


def cut(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


class Proxy(Listener):
    """Passes bytes to a server without TLS. before(number, line) is called with each command, and the number of its
    connection, before it is passed on; False cuts the connection instead. limit(number): bytes of answers after which it is
    cut, None never."""

    def __init__(self, port, before=lambda number, line: True, limit=lambda number: None):
        self.server_port, self.before, self.limit = port, before, limit
        super().__init__()

    def serve(self, client, number):
        server = socket.create_connection(("127.0.0.1", self.server_port))
        back = threading.Thread(target=self.answers, args=(server, client, self.limit(number)), daemon=True)
        back.start()
        try:
            for line in client.makefile("rb"):
                if self.before(number, line.decode(errors="replace")) is False:
                    break
                server.sendall(line)
        finally:
            cut(server)
            cut(client)
            back.join(10)
            server.close()

    @staticmethod
    def answers(server, client, limit):
        passed = 0
        try:
            while data := server.recv(65536):
                if limit is not None and passed + len(data) > limit:
                    client.sendall(data[:limit - passed])
                    break
                client.sendall(data)
                passed += len(data)
        except OSError:
            pass
        cut(client)
        cut(server)


class Fake(Listener):
    """A mail server that says what a test wants, without TLS. replies: (pattern of a command, its answer) pairs, looked
    through before the usual ones; "TAG" in an answer is the command's. An answer is bytes, or a function of the connection
    and the tag that sends it itself."""

    GREETING = b"* OK hello\r\n"
    USUAL = (
        (r"CAPABILITY", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE\r\nTAG OK done\r\n"),
        (r"AUTHENTICATE|LOGIN", b"TAG OK logged in\r\n"),
        (r"SELECT", b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n"
                    b"TAG OK [READ-WRITE] done\r\n"),
        (r"LOGOUT", b"* BYE good-bye\r\nTAG OK done\r\n"),
        (r"", b"TAG OK done\r\n"),
    )

    def __init__(self, *replies, greeting=GREETING):
        self.replies = [*replies, *self.USUAL]
        self.greeting = greeting
        self.commands = []
        super().__init__()

    def url(self):
        return f"imap://127.0.0.1:{self.port}"

    def serve(self, client, number):
        client.sendall(self.greeting)
        if not self.greeting.startswith(b"* OK "):
            return
        tag = command = ""
        for line in client.makefile("rb"):
            line = line.decode(errors="replace").rstrip("\r\n")
            if command.endswith("}"):
                command = "(literal) " + line
            else:
                tag, _, command = line.partition(" ")
            self.commands.append(command)
            answer = next(a for pattern, a in self.replies if re.match(pattern, command))
            if callable(answer):
                answer(client, tag)
            else:
                client.sendall(answer.replace(b"TAG", tag.encode()))
