"""What is in an ELF file for a microcontroller."""

import struct


class Elf:
    """The little of a 32-bit ELF file that matters here."""

    def __init__(self, path):
        self.data = path.read_bytes()
        (start,) = struct.unpack_from("<I", self.data, 32)
        size, count = struct.unpack_from("<HH", self.data, 46)
        self.sections = [
            struct.unpack_from("<10I", self.data, start + n * size) for n in range(count)
        ]

    def flash(self):
        """The bytes of all sections that are loaded and not only reserved."""
        alloc, nobits = 2, 8
        return sum(s[5] for s in self.sections if s[2] & alloc and s[1] != nobits)

    def ram(self):
        """The bytes of all sections that are in RAM; the stack is none."""
        alloc, write = 2, 1
        return sum(s[5] for s in self.sections if s[2] & alloc and s[2] & write)

    def symbols(self):
        """The size of each symbol, by its name."""
        for section in self.sections:
            if section[1] == 2:  # SHT_SYMTAB
                names = self.sections[section[6]][4]
                for at in range(section[4], section[4] + section[5], 16):
                    name, _, size = struct.unpack_from("<3I", self.data, at)
                    end = self.data.index(b"\0", names + name)
                    yield self.data[names + name : end].decode(), size

    def size_of(self, name):
        """The largest symbol whose name has this in it."""
        return max(size for symbol, size in self.symbols() if name in symbol)
