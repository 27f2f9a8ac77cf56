"""How stored bytes are sealed.

One data key per case (AES-256-GCM), wrapped by a key kept outside the database.

A sealed value is: format (1 byte), flags (1 byte, bit 0 = compressed), nonce (12 bytes), ciphertext with tag.
The first two bytes and the place the value is stored at are authenticated, so a value moved elsewhere does
not open.
"""

from __future__ import annotations

import base64
import hmac
import os
import zlib
from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import Damaged, EngineError, Incompatible
from engine.keys import token_bytes

FORMAT = 1
_COMPRESSED = 1
_NONCE = 12
_WORTH_COMPRESSING = 300  # bytes; below, a few bytes in a hundred are saved, and 20 µs spent


# For every document zlib lays out 256 kB of tables, which takes longer than compressing a small one; these
# are 32 kB. What comes out is the same format.
_SMALL = 4096
_SMALL_WINDOW = 12  # bits: it looks back 4096 bytes
_SMALL_TABLES = 5  # zlib's ``memLevel``


def place(what: str, *parts: int | str) -> bytes:
    """Return the name of a place in the database, such as ("history", instance key, seq).

    For sealing to it.
    """
    return "|".join((what, *map(str, parts))).encode()


def _seal(cipher: AESGCM, aad: bytes, plain: bytes, *, worth: int = _WORTH_COMPRESSING) -> bytes:
    flags = 0
    if len(plain) > worth:
        smaller = _compressed(plain)
        if len(smaller) < len(plain):
            flags, plain = _COMPRESSED, smaller
    header, nonce = bytes((FORMAT, flags)), token_bytes(_NONCE)
    return header + nonce + cipher.encrypt(nonce, plain, header + aad)


def _compressed(plain: bytes) -> bytes:
    if len(plain) > _SMALL:
        return zlib.compress(plain, 1)
    compressor = zlib.compressobj(1, zlib.DEFLATED, _SMALL_WINDOW, _SMALL_TABLES)
    return compressor.compress(plain) + compressor.flush()


def _open(cipher: AESGCM, aad: bytes, sealed: bytes) -> bytes:
    header, nonce = sealed[:2], sealed[2 : 2 + _NONCE]
    if header and header[0] > FORMAT:
        raise Incompatible(f"expected sealed bytes of format {FORMAT}, but {aad.decode()} has {header[0]}")
    try:
        plain = cipher.decrypt(nonce, sealed[2 + _NONCE :], header + aad)
    except (InvalidTag, ValueError) as error:
        raise Damaged(
            f"expected {aad.decode()} to open, but its bytes were changed or are another row's"
        ) from error
    return zlib.decompress(plain) if header[1] & _COMPRESSED else plain


class DataKey:
    """The key of one case: seals and opens what belongs to it.

    ``kid`` and ``wrapped`` are what is stored of it.
    """

    def __init__(self, root_key: int, kid: str, wrapped: bytes, secret: bytes) -> None:
        self.root_key = root_key
        self.kid = kid
        self.wrapped = wrapped
        self._cipher = AESGCM(secret)

    def __repr__(self) -> str:
        """Return the case it belongs to, never the key."""
        return f"DataKey(root_key={self.root_key}, kid={self.kid!r})"

    def seal(self, aad: bytes, plain: bytes, *, worth: int = _WORTH_COMPRESSING) -> bytes:
        """Return the bytes sealed to a place (``place(…)``), compressed first where that helps.

        Up to ``worth`` bytes are left as they are.
        """
        return _seal(self._cipher, aad, plain, worth=worth)

    def open(self, aad: bytes, sealed: bytes) -> bytes:
        """Return what was sealed to this place; raises Damaged naming the place."""
        return _open(self._cipher, aad, sealed)


class _Stored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The key file: secrets in base64.

    ``keys`` by their id, all but ``active`` only to open older data keys.
    """

    format: int
    active: str
    keys: dict[str, str]
    digest: str
    signing: str


class Keyring:
    """What stays outside the database: the keys that wrap data keys, the searching key, the signing key."""

    def __init__(self, stored: _Stored, *, path: Path | None = None) -> None:
        self.path = path  # the file it is kept in, None for one that is not
        self._stored = stored
        self._seen = None if path is None else _stamp(path)
        self._ciphers = _ciphers(stored)
        self._digest_key = base64.b64decode(stored.digest)
        self._signing = Ed25519PrivateKey.from_private_bytes(base64.b64decode(stored.signing))

    def __repr__(self) -> str:
        """Return the ids of the keys, never the keys."""
        return f"Keyring(kid={self.kid!r}, keys={len(self._ciphers)})"

    @classmethod
    def generate(cls) -> Keyring:
        """Return a new keyring with one wrapping key, kept nowhere yet."""
        secret = token_bytes(32)
        return cls(
            _Stored(
                format=FORMAT,
                active=_kid(secret),
                keys={_kid(secret): _text(secret)},
                digest=_text(token_bytes(32)),
                signing=_text(token_bytes(32)),
            )
        )

    @classmethod
    def parse(cls, content: bytes | str, *, source: str) -> Keyring:
        """Return the keyring written in ``content``; raises Damaged or Incompatible naming the ``source``."""
        try:
            stored = msgspec.json.decode(content, type=_Stored)
        except msgspec.DecodeError as error:
            raise Damaged(f"expected a keyring in {source}, but its content is not one: {error}") from error
        if stored.format > FORMAT or stored.active not in stored.keys:
            raise Incompatible(
                f"expected a keyring of format {FORMAT} in {source}, but it has {stored.format}"
            )
        return cls(stored)

    @classmethod
    def load(cls, path: Path) -> Keyring:
        """Return the keyring kept in a file."""
        found = cls.parse(path.read_bytes(), source=str(path))
        return cls(found._stored, path=path)

    @classmethod
    def at(cls, path: Path) -> Keyring:
        """Return the keyring kept in a file, made on first use; readable for its owner only (0400)."""
        if not path.exists():
            cls.generate().save(path)
        return cls.load(path)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Keyring | None:
        """Return the keyring ``OBIEG_KEYRING`` names (a file) or is (its content).

        None where it is not set.
        """
        value = environment.get("OBIEG_KEYRING", "")
        if not value:
            return None
        return cls.parse(value, source="OBIEG_KEYRING") if value.startswith("{") else cls.load(Path(value))

    def save(self, path: Path) -> None:
        """Write the keyring to a new file.

        One that is there already stays (two processes may start at once).
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._draft(path)
        try:
            os.link(draft, path)  # unlike rename, it never replaces a keyring data were sealed with
        except FileExistsError:
            return
        finally:
            draft.unlink()

    def _draft(self, path: Path) -> Path:
        draft = path.with_name(f"{path.name}.{token_bytes(6).hex()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
            file.write(msgspec.json.encode(self._stored))
            file.flush()
            os.fsync(file.fileno())
        return draft

    def rotated(self) -> Keyring:
        """Return this keyring with a new wrapping key; the older ones still open what they wrapped."""
        secret = token_bytes(32)
        keys = {**self._stored.keys, _kid(secret): _text(secret)}
        return Keyring(msgspec.structs.replace(self._stored, active=_kid(secret), keys=keys), path=self.path)

    def only(self, kids: Collection[str]) -> Keyring:
        """Return this keyring without the wrapping keys that are neither active nor listed."""
        keys = {
            kid: key for kid, key in self._stored.keys.items() if kid in kids or kid == self._stored.active
        }
        return Keyring(msgspec.structs.replace(self._stored, keys=keys), path=self.path)

    def replace_file(self) -> None:
        """Write the keyring over the file it came from: there is the old one or the new one, never a part."""
        if self.path is None:
            raise EngineError(
                "expected a keyring kept in a file, but this one is in the environment or memory"
            )
        draft = self._draft(self.path)
        os.replace(draft, self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # or a power cut could bring the old file back
        finally:
            os.close(folder)

    @property
    def kid(self) -> str:
        """Return the id of the key that wraps new data keys: the one its file names now."""
        if self.path is not None and _stamp(self.path) not in (self._seen, None):
            self._read_again()
        return self._stored.active

    @property
    def kids(self) -> frozenset[str]:
        """Return the ids of all keys: the active one and those that only open."""
        return frozenset(self._ciphers)

    def __contains__(self, kid: str) -> bool:
        """Return whether data keys wrapped by this key can be opened."""
        return kid in self._ciphers

    def new_data_key(self, root_key: int) -> DataKey:
        """Draw the data key of a new case."""
        secret, kid = token_bytes(32), self.kid
        wrapped = _seal(self._ciphers[kid], place("data_key", root_key), secret)
        return DataKey(root_key, kid, wrapped, secret)

    def data_key(self, root_key: int, kid: str, wrapped: bytes) -> DataKey:
        """Return the data key of a case from what is stored of it."""
        return DataKey(root_key, kid, wrapped, self.unwrap(kid, wrapped, place("data_key", root_key)))

    def wrap(self, aad: bytes, plain: bytes) -> bytes:
        """Seal something small with the active wrapping key itself; the caller stores ``kid`` beside it."""
        return _seal(self._ciphers[self.kid], aad, plain)

    def unwrap(self, kid: str, wrapped: bytes, aad: bytes) -> bytes:
        """Open what ``wrap`` sealed; raises Incompatible where this keyring lacks the key."""
        cipher = self._ciphers.get(kid) or self._read_again().get(kid)
        if cipher is None:
            raise Incompatible(
                f"expected a keyring holding key {kid}, but this one has {', '.join(self._ciphers)}"
            )
        return _open(cipher, aad, wrapped)

    def _read_again(self) -> dict[str, AESGCM]:
        """Take over what the file says now: another process has rotated the keys. Known ones are kept."""
        if self.path is not None and self.path.is_file():
            now = Keyring.load(self.path)
            self._ciphers = {**self._ciphers, **now._ciphers}
            self._seen, self._stored = now._seen, now._stored
        return self._ciphers

    def digest(self, text: str) -> bytes:
        """Return 16 bytes that stand for a text in indexes without giving it away (HMAC-SHA-256, cut)."""
        return hmac.digest(self._digest_key, text.encode(), sha256)[:16]

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes that check the signatures (Ed25519)."""
        return self._signing.public_key().public_bytes_raw()

    def sign(self, document: bytes) -> bytes:
        """Return the Ed25519 signature of a document, 64 bytes."""
        return self._signing.sign(document)

    def verify(self, document: bytes, signature: bytes) -> bool:
        """Return whether this keyring signed the document."""
        return verify_signature(self.public_key, document, signature)


def verify_signature(public_key: bytes, document: bytes, signature: bytes) -> bool:
    """Return whether the owner of the Ed25519 public key signed the document."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, document)
    except InvalidSignature:
        return False
    return True


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what tells one file of a path from the one that replaces it; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _ciphers(stored: _Stored) -> dict[str, AESGCM]:
    return {kid: AESGCM(base64.b64decode(secret)) for kid, secret in stored.keys.items()}


def _kid(secret: bytes) -> str:
    return sha256(b"obieg kid" + secret).hexdigest()[:16]


def _text(secret: bytes) -> str:
    return base64.b64encode(secret).decode()
