"""Where requests go: the server of a base URL, straight or through a proxy."""
from __future__ import annotations

import base64
import urllib.request
from typing import NamedTuple, Optional
from urllib.parse import SplitResult, unquote, urlsplit

PORTS = {"http": 80, "https": 443}


class Proxy(NamedTuple):
    host: str
    port: int
    authorization: Optional[str]


class Route(NamedTuple):
    host: str
    port: int
    tls: bool
    authority: str        # host and port, as the Host header has them
    prefix: str           # of every path
    proxy: Optional[Proxy]

    @property
    def tunnel(self) -> bool:
        return self.tls and self.proxy is not None

    def target(self, path: str) -> str:
        """What stands in a request's first line (RFC 9112, 3.2)."""
        plain_proxy = self.proxy is not None and not self.tls
        return f"http://{self.authority}{self.prefix}{path}" if plain_proxy else self.prefix + path


def _split(url: str, what: str) -> SplitResult:
    if not isinstance(url, str):
        raise TypeError(f"{what} must be a string")
    try:
        parts = urlsplit(url)
        if parts.scheme in PORTS and parts.hostname and parts.port != 0:
            return parts
    except ValueError:
        pass
    # what was given is not shown: it may hold a password
    raise ValueError(f"{what} must be an http or https URL, such as https://agentiv.example.com") from None


def _authority(parts: SplitResult) -> str:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, PORTS[parts.scheme]) else f"{host}:{parts.port}"


def _proxy_of(url: Optional[str]) -> Optional[Proxy]:
    if not url:
        return None
    if isinstance(url, str) and "://" not in url:
        url = f"http://{url}"
    parts = _split(url, "The proxy")
    if parts.scheme != "http":
        raise ValueError("The proxy must be an http URL: TLS is spoken through it, not with it")
    authorization = None
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(login.encode()).decode()
    return Proxy(parts.hostname or "", parts.port or PORTS["http"], authorization)


def _proxy_of_environment(parts: SplitResult) -> Optional[str]:
    """HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, or the system's settings, as urllib reads them."""
    proxies = urllib.request.getproxies()
    url = proxies.get(parts.scheme) or proxies.get("all")
    return None if not url or urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]) else url


def route_of(base_url: str, proxy: Optional[str]) -> Route:
    """proxy: None for that of the environment, "" for none."""
    parts = _split(base_url, "base_url")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("base_url must have no user, query or fragment")
    path = parts.path.rstrip("/")
    if path.endswith(("/api", "/mcp")):      # a common slip
        raise ValueError("base_url must be the URL of the server, without /api or /mcp at its end")
    url = _proxy_of_environment(parts) if proxy is None else proxy
    port = parts.port or PORTS[parts.scheme]
    return Route(parts.hostname or "", port, parts.scheme == "https", _authority(parts), path,
                 _proxy_of(url))
