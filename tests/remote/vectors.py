"""Addresses that a link may not lead to, and texts that are no address of a link."""

# ruff: noqa: RUF001, SIM905

INSIDE_4 = """
0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.0.0.2
127.1.2.3 127.255.255.255 168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1
192.0.0.192 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1
203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
""".split()
INSIDE_6 = """
:: ::1 ::2 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1
64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b::8.8.8.8 64:ff9b:1::127.0.0.1 64:ff9b:1:fffe::1 100::1 100:0:0:1::1
2001::1 2001:0:7f00:1:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:db8::1
2002:7f00:1:: 2002:7f00:1::1 2002:a00:1:: 2002:808:808::1 3fff::1 3fff:fff:ffff::1 4000::1 5f00::1 8000::1
2606:4700::5efe:7f00:1 2606:4700::200:5efe:a00:1 fc00::1 fd00::1 fd00:ec2::254 fdff:ffff::1 fe00::1 fe80::1 febf::1
fec0::1 feff::1 ff00::1 ff02::1 ff0e::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
""".split()
INSIDE = INSIDE_4 + INSIDE_6

# Hosts that become an address inside, and are written so that their text alone does not show it.
DISGUISED = [
    "http://127.0.0.1./",
    "http://①②⑦.⓪.⓪.①/",
    "http://１２７.０.０.１/",
    "http://127。0。0。1/",
    "http://127．0．0．1/",
    "http://127｡0｡0｡1/",
    "http://169.254.169.254./latest/meta-data/",
    "HTTP://127.0.0.1/",
    "hTTps://127.0.0.1/",
    "http://127.0.0.1:80/",
    "http://127.0.0.1:443/",
    "https://127.0.0.1:80/",
    "http://127.0.0.1?x=http://example.com/",
    "http://127.0.0.1#@example.com",
    "http://127.0.0.1/@example.com",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "http://[::FFFF:7F00:1]/",
    "http://[::ffff:7f00:0001]:443/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]/",
    "http://[FD00:EC2::254]/latest/meta-data/",
]

MALFORMED = [
    # IPv4 in every other way to write it
    *("2130706433 0x7f000001 0x7f.1 0x7F.0.0.1 017700000001 127.1 127.0.1 0177.0.0.1 0177.1".split()),
    *("00.0.0.0 127.0.0.01 127.0.0.0x1 1.2.3.4.5 256.256.256.256 127.0.0.256 4294967296 0x 0 1".split()),
    *("10.1 1.0x 127.0.0.1.. .127.0.0.1 127..0.1 127.0.0.1.0 999999999999 0x100000000 ①②⑦.① ⓪x7f.1".split()),
    *("127.1. 0300.0250.0.1".split()),
    # names that are none
    *("a..b .a a.. . -a.example a-.example a,b a;b a|b a$b a&b a*b a'b a(b) a!b a~b a+b a=b a{b}".split()),
    *("[] [::1 ::1] [::1]x [::1%25eth0] [::1%eth0] [fe80::1%251] [:::1] [1::2::3] [127.0.0.1] [v1.a]".split()),
    *("a%00b 127.0.0.1%00 %31%32%37.0.0.1 exa%6dple.com example.com%2f@127.0.0.1 a%20b [::g] [12345::]".split()),
    *("a／b a＠b a：80 a＃b a？b ａ／\u3164 \u3164 xn\u00ad--\u200b .。. a\u202eb".split()),
    "a" * 64 + ".example",
    ".".join(["a" * 60] * 5),
]
NOT_ALLOWED = [
    *(f"http://{host}/" for host in MALFORMED),
    # schemes
    *("file:///etc/passwd gopher://example.com/ ftp://example.com/a.jpg data:image/png;base64,iVBORw0KGgo= ".split()),
    *(
        "javascript:alert(1) dict://example.com:80/ ws://example.com/ ldap://example.com/ jar:http://example.com!/".split()
    ),
    *(
        "unix:///run/docker.sock http+unix://a/ example.com/a.jpg //example.com/a.jpg /a.jpg http: http:/ http://".split()
    ),
    *(
        "http:///a.jpg http:example.com http:/example.com https//example.com ht\u200btp://example.com http\u017f://a".split()
    ),
    *("url:http://example.com :http://example.com ://example.com ?".split()),
    "",
    # user names
    *("http://u@example.com/ http://u:p@example.com/ http://@example.com/ http://:@example.com/ http://:p@a/".split()),
    *("http://example.com@127.0.0.1/ http://127.0.0.1:80@example.com/ http://a@b@example.com/".split()),
    # backslashes
    *(r"http://example.com\@127.0.0.1/ http://127.0.0.1\@example.com/ http:\\127.0.0.1\ http://a\b/ http:/\a".split()),
    r"http://example.com/a\..\b.jpg",
    r"http://example.com:80\@127.0.0.1:80/",
    # ports
    *(
        f"http://example.com:{port}/"
        for port in "0 1 21 22 25 79 81 442 444 3306 6379 8000 8080 65535 65536 99999".split()
    ),
    *(f"http://example.com:{port}/" for port in "-1 +80 080 0080 80a 0x50 ８０ 1e2 8_0 80:80 4294967376".split()),
    *("http://example.com:/ http://example.com: http://[::1]: http://[2606:4700::1]:8080/ https://a:8443/".split()),
    # characters
    *(f"http://example.com/{char}a.jpg" for char in "\r\n\t\0 \x0b\x0c\x1f\x7f\x85\xa0\u2028\u2029\u3000\ud800\udcff"),
    *(f"http://exam{char}ple.com/" for char in '\r\n\t\0 \x0b\x7f\x85\xa0\u2028\u3000\ud800<>^`{|}"'),
    *(f"{char}http://example.com/" for char in "\r\n\t\0 \ufeff\u200b"),
    *(f"http://example.com/{char}" for char in "\r\n\t\0 \ufeff"),
    "http://example.com\r\nHost: 127.0.0.1\r\n\r\n/",
    "http://example.com/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "http://example.com/#\r\n",
    # length
    "http://example.com/" + "a" * 1982,
    "http://example.com/" + "é" * 700,
]
