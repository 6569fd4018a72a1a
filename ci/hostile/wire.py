"""Bytes of RFC 6455, right ones and wrong ones: heads, frames, close bodies, compressed payloads."""

import base64
import hashlib
import zlib

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
STATUS = "HTTP/1.1 101 Switching Protocols"


def accept_for(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def head(key, status=STATUS, drop=(), add=(), end="\r\n", **replaced):
    """A server's opening handshake; `replaced` gives `upgrade`, `connection` or `accept` another
    value, `drop` leaves some out, `add` has further lines, where @ACCEPT@ is the right value."""
    lines = {
        "upgrade": "Upgrade: " + replaced.get("upgrade", "websocket"),
        "connection": "Connection: " + replaced.get("connection", "Upgrade"),
        "accept": "Sec-WebSocket-Accept: " + replaced.get("accept", accept_for(key)),
    }
    kept = [line for name, line in lines.items() if name not in drop]
    text = end.join([status, *kept, *add]) + end + end
    return text.replace("@ACCEPT@", accept_for(key)).encode("latin-1")


def frame(opcode, payload=b"", fin=True, rsv=0, mask=None, form=None, length=None):
    """A frame. `form` is the size of the extended length, 0, 2 or 8, whether it fits or not;
    `length` is what is said where that is not what follows."""
    if isinstance(payload, str):
        payload = payload.encode()
    length = len(payload) if length is None else length
    if form is None:
        form = 0 if length < 126 else 2 if length < 1 << 16 else 8
    short = {0: length, 2: 126, 8: 127}[form]
    first = fin << 7 | rsv << 4 | opcode
    second = (mask is not None) << 7 | short
    extended = length.to_bytes(form, "big") if form else b""
    start = bytes([first, second]) + extended
    if mask is not None:
        payload = mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return start + payload


def text(payload, **options):
    return frame(TEXT, payload, **options)


def binary(payload, **options):
    return frame(BINARY, payload, **options)


def more(payload, **options):
    return frame(CONTINUATION, payload, **options)


def ping(payload=b"", **options):
    return frame(PING, payload, **options)


def close(code=1000, reason=b""):
    if isinstance(reason, str):
        reason = reason.encode()
    return frame(CLOSE, b"" if code is None else code.to_bytes(2, "big") + reason)


def in_fragments(opcode, pieces, rsv=0):
    """One message, a frame for each piece; `rsv` for the first only."""
    last = len(pieces) - 1
    return b"".join(
        frame(0 if at else opcode, piece, fin=at == last, rsv=0 if at else rsv)
        for at, piece in enumerate(pieces)
    )


def deflated(data, level=6, wbits=15, final=False):
    """A compressed payload (RFC 7692 §7.2.1)."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, -wbits)
    payload = compressor.compress(data)
    if final:
        return payload + compressor.flush()
    return payload + compressor.flush(zlib.Z_SYNC_FLUSH)[:-4]


def compressed(payload, opcode=TEXT, **options):
    return frame(opcode, payload, rsv=4, **options)


def bomb(size):
    """So many zeros, compressed to about a thousandth: a piece again and again, each of which stands
    for itself."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = compressor.compress(bytes(1 << 20)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return (piece * (size >> 20))[:-4]
