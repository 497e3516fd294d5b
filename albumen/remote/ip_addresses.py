"""Public IP addresses, by a table of our own.

`ipaddress.is_global` is true for multicast, 6to4, NAT64 and the metadata address of Azure, and differs between
versions of Python.
"""

import errno
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

# The IANA special-purpose registry (RFC 6890), multicast and reserved space, and what clouds keep for themselves.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; metadata of Alibaba
        "127.0.0.0/8",
        "168.63.129.16/32",  # metadata of Azure
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; metadata of Oracle
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved; broadcast
    )
)
# Everything outside of global unicast is refused: loopback, IPv4-mapped and -compatible, NAT64, unique local (with
# the metadata of AWS), link- and site-local, multicast, discard, segment routing, and what is not assigned yet.
_GLOBAL_UNICAST_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
# ISATAP (RFC 5214, section 6.1) puts an IPv4 address behind these in the lower half.
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


def is_public(address: Address) -> bool:
    """Return whether users may make the server connect to this IP address."""
    if isinstance(address, IPv4Address):
        public = not any(address in network for network in _NOT_PUBLIC_4)
    else:
        public = (
            address in _GLOBAL_UNICAST_6
            and (int(address) >> 32) & 0xFFFF_FFFF not in _ISATAP
            and not any(address in network for network in _NOT_PUBLIC_6)
        )
    return public and not _is_local(address)


def _is_local(address: Address) -> bool:
    """Return whether an interface of this machine has the address: only then can a socket be bound to it.

    Where the kernel binds to any address (`ip_nonlocal_bind`), every address counts as local.
    """
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError as error:
        return error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
    return True
