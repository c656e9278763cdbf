"""Goes through the httpbin with clients of Python's: requests, httpx by HTTP/1.1, httpx by HTTP/2.

python3 httpbin.py URL [PROXY]. Says of each client how many cases held, or that it is not there. Fails at the first that does not hold.
"""

import io
import json
import sys

BASE = sys.argv[1]
PROXY = sys.argv[2] if len(sys.argv) > 2 else None


class Requests:
    name = "requests"

    def __init__(self):
        import requests

        self.lib = requests
        self.session = requests.Session()
        self.session.trust_env = False
        if PROXY:
            self.session.proxies = {"http": PROXY, "https": PROXY}
        self.too_many = requests.exceptions.TooManyRedirects
        self.timed_out = requests.exceptions.Timeout

    def ask(self, method, path, follow=True, **more):
        return self.session.request(method, BASE + path, allow_redirects=follow, **more)

    def digest(self, user, password):
        return self.lib.auth.HTTPDigestAuth(user, password)

    def hops(self, most):
        self.session.max_redirects = most

    def streamed(self, path):
        with self.session.get(BASE + path, stream=True) as answer:
            yield from answer.iter_lines()

    def forget(self):
        self.session.cookies.clear()

    def version(self, answer):
        return {10: "HTTP/1.0", 11: "HTTP/1.1"}[answer.raw.version]

    speaks = "HTTP/1.1"


class Httpx:
    name = "httpx, HTTP/1.1"
    speaks = "HTTP/1.1"
    how = {}

    def __init__(self):
        import httpx

        self.lib = httpx
        if self.how:
            import h2  # noqa: F401
        self.session = httpx.Client(trust_env=False, proxy=PROXY, timeout=20, **self.how)
        self.too_many = httpx.TooManyRedirects
        self.timed_out = httpx.TimeoutException

    def ask(self, method, path, follow=True, **more):
        if isinstance(more.get("data"), (bytes, io.IOBase)) or hasattr(more.get("data"), "__next__"):
            more["content"] = more.pop("data")
        return self.session.request(method, BASE + path, follow_redirects=follow, **more)

    def digest(self, user, password):
        return self.lib.DigestAuth(user, password)

    def hops(self, most):
        self.session.max_redirects = most

    def streamed(self, path):
        with self.session.stream("GET", BASE + path) as answer:
            yield from answer.iter_lines()

    def forget(self):
        self.session.cookies.clear()

    def version(self, answer):
        return answer.http_version


class Httpx2(Httpx):
    name = "httpx, HTTP/2"
    speaks = "HTTP/2"
    how = {"http1": False, "http2": True}


CASES = []


def case(function):
    CASES.append(function)
    return function


@case
def version(c):
    assert c.version(c.ask("GET", "/get")) == c.speaks


@case
def get_with_arguments(c):
    said = c.ask("GET", "/get", params={"a": ["1", "2"], "b": "é &="}).json()
    assert said["args"] == {"a": ["1", "2"], "b": "é &="}
    assert said["url"].startswith(BASE + "/get?") and said["origin"] == "127.0.0.1"


@case
def headers(c):
    said = c.ask("GET", "/headers", headers={"X-Star": "bright"}).json()["headers"]
    assert said["X-Star"] == "bright"


def methods(method):
    def one(c):
        said = c.ask(method, "/" + method.lower(), params={"q": "1"}, json={"k": [1, None]}).json()
        assert said["method"] == method and said["json"] == {"k": [1, None]} and said["args"] == {"q": "1"}

    one.__name__ = method.lower()
    return one


for one in ["POST", "PUT", "PATCH", "DELETE"]:
    case(methods(one))


def wrong_method(method):
    def one(c):
        answer = c.ask("GET", "/" + method)
        assert answer.status_code == 405 and answer.headers["allow"] == method.upper()

    one.__name__ = "not " + method
    return one


for one in ["post", "put", "patch", "delete"]:
    case(wrong_method(one))


@case
def head(c):
    answer = c.ask("HEAD", "/get")
    assert answer.status_code == 200 and answer.content == b"" and int(answer.headers["content-length"]) > 50


@case
def options(c):
    assert c.ask("OPTIONS", "/get").headers["allow"] == "GET,HEAD"


@case
def form(c):
    said = c.ask("POST", "/post", data={"a": "1", "b": ["é", "&"]}).json()
    assert said["form"] == {"a": "1", "b": ["é", "&"]} and said["data"] == ""


@case
def raw_data(c):
    assert c.ask("POST", "/post", data=b"plain bytes").json()["data"] == "plain bytes"
    assert c.ask("POST", "/post", data=b"\xff").json()["data"] == "data:application/octet-stream;base64,/w=="


@case
def files(c):
    sent = {"one": ("a.txt", b"text", "text/plain"), "two": ("b.bin", b"\xff\xfe", "image/x")}
    said = c.ask("POST", "/post", data={"x": "1"}, files=sent).json()
    assert said["files"] == {"one": "text", "two": "data:image/x;base64,//4="} and said["form"] == {"x": "1"}


@case
def large_upload(c):
    assert c.ask("POST", "/upload", data=io.BytesIO(b"a" * 5_000_000).read()).json()["length"] == 5_000_000


@case
def chunked_upload(c):
    said = c.ask("POST", "/upload", data=(b"x" * 1000 for _ in range(500))).json()
    assert said["length"] == 500_000


@case
def too_large_an_upload(c):
    try:
        assert c.ask("POST", "/upload", data=b"a" * ((16 << 20) + 1)).status_code == 413
    except Exception:
        # httpcore forgets a stream of HTTP/2 that is closed while it still sends. The answer had come.
        assert c.speaks == "HTTP/2"
    assert c.ask("GET", "/get").status_code == 200


@case
def empty_body(c):
    said = c.ask("POST", "/post").json()
    assert said["data"] == "" and said["json"] is None and said["form"] == {}


@case
def redirect_once(c):
    answer = c.ask("GET", "/redirect/1")
    assert answer.json()["url"] == BASE + "/get" and len(answer.history) == 1


@case
def redirect_six_times(c):
    assert len(c.ask("GET", "/redirect/6").history) == 6


@case
def redirect_absolute(c):
    answer = c.ask("GET", "/absolute-redirect/3")
    assert len(answer.history) == 3 and answer.history[0].headers["location"].startswith(BASE)


@case
def redirect_relative(c):
    assert len(c.ask("GET", "/relative-redirect/3").history) == 3


@case
def redirect_too_often(c):
    c.hops(5)
    try:
        c.ask("GET", "/redirect/6")
    except c.too_many:
        return
    finally:
        c.hops(30)
    raise AssertionError("followed")


@case
def redirect_unfollowed(c):
    answer = c.ask("GET", "/redirect/2", follow=False)
    assert answer.status_code == 302 and answer.headers["location"] == "/redirect/1"


@case
def redirect_keeps_the_method(c):
    said = c.ask("POST", "/redirect-to", params={"url": "/post", "status_code": "307"}, data=b"kept").json()
    assert said["data"] == "kept"


@case
def redirect_becomes_get(c):
    assert c.ask("POST", "/redirect-to", params={"url": "/get", "status_code": "303"}, data=b"x").json()["method"] == "GET"


@case
def gzip(c):
    answer = c.ask("GET", "/gzip")
    assert answer.headers["content-encoding"] == "gzip" and answer.json()["packed"] == "gzip"


@case
def deflate(c):
    assert c.ask("GET", "/deflate").json()["packed"] == "deflate"


@case
def cookies(c):
    c.forget()
    assert c.ask("GET", "/cookies").json() == {"cookies": {}}
    assert c.ask("GET", "/cookies/set", params={"a": "1", "b": "2"}).json() == {"cookies": {"a": "1", "b": "2"}}
    assert c.ask("GET", "/cookies/set/c/3").json()["cookies"] == {"a": "1", "b": "2", "c": "3"}
    assert c.ask("GET", "/cookies/delete", params={"a": ""}).json()["cookies"] == {"b": "2", "c": "3"}
    c.forget()


@case
def basic(c):
    assert c.ask("GET", "/basic-auth/user/password").status_code == 401
    assert c.ask("GET", "/basic-auth/user/password", auth=("user", "password")).json()["authenticated"]
    assert c.ask("GET", "/basic-auth/user/password", auth=("user", "wrong")).status_code == 401
    assert c.ask("GET", "/hidden-basic-auth/user/password").status_code == 404


@case
def bearer(c):
    assert c.ask("GET", "/bearer", headers={"Authorization": "Bearer abc"}).json()["token"] == "abc"


@case
def digest(c):
    right = c.digest("user", "pässword")
    for _ in range(3):
        answer = c.ask("GET", "/digest-auth/auth/user/p%C3%A4ssword", auth=right)
        assert answer.status_code == 200 and answer.json()["user"] == "user", answer.text
    assert c.ask("GET", "/digest-auth/auth/user/password", auth=c.digest("user", "wrong")).status_code == 401


@case
def statuses(c):
    for code in [200, 204, 304, 400, 404, 418, 500, 503]:
        assert c.ask("GET", f"/status/{code}").status_code == code


@case
def stream(c):
    lines = [json.loads(line) for line in c.streamed("/stream/100")]
    assert [line["id"] for line in lines] == list(range(100))


@case
def stream_bytes(c):
    body = c.ask("GET", "/stream-bytes/100000", params={"chunk_size": "777"}).content
    assert body == (b"abcdefghijklmnopqrstuvwxyz" * 4000)[:100000]


@case
def large_answer(c):
    assert len(c.ask("GET", "/bytes/20000000").content) == 20_000_000


@case
def drip(c):
    assert c.ask("GET", "/drip", params={"numbytes": "5", "duration": "0.2"}).content == b"*****"


@case
def delay(c):
    assert c.ask("GET", "/delay/0.1").json()["delayed"] == 0.1


@case
def timed_out(c):
    try:
        c.ask("GET", "/delay/10", timeout=0.3)
    except c.timed_out:
        assert c.ask("GET", "/get").status_code == 200
        return
    raise AssertionError("it waited")


@case
def part(c):
    answer = c.ask("GET", "/range/26", headers={"Range": "bytes=5-9"})
    assert (answer.status_code, answer.text) == (206, "fghij") and answer.headers["content-range"] == "bytes 5-9/26"
    assert c.ask("GET", "/range/26", headers={"Range": "bytes=50-"}).status_code == 416


@case
def media(c):
    answer = c.ask("GET", "/media/pulsar.png")
    assert answer.content.startswith(b"\x89PNG") and answer.headers["content-type"] == "image/png"
    first = c.ask("GET", "/media/pulsar.png", headers={"Range": "bytes=0-99"})
    rest = c.ask("GET", "/media/pulsar.png", headers={"Range": "bytes=100-", "If-Range": first.headers["etag"]})
    assert first.content + rest.content == answer.content


@case
def unchanged(c):
    tag = c.ask("GET", "/etag/star").headers["etag"]
    assert c.ask("GET", "/etag/star", headers={"If-None-Match": tag}).status_code == 304
    changed = c.ask("GET", "/cache").headers["last-modified"]
    assert c.ask("GET", "/cache", headers={"If-Modified-Since": changed}).status_code == 304


@case
def image(c):
    assert c.ask("GET", "/image", headers={"Accept": "image/svg+xml"}).text.startswith("<svg")


@case
def text(c):
    assert "γνωρίζω" in c.ask("GET", "/encoding/utf8").text


@case
def response_headers(c):
    assert c.ask("GET", "/response-headers", params={"x-star": "bright"}).headers["x-star"] == "bright"


@case
def nothing_there(c):
    answer = c.ask("GET", "/nowhere", headers={"Accept": "application/json"})
    assert answer.status_code == 404 and answer.json() == {"status": 404, "error": "Not Found"}


@case
def panic(c):
    assert c.ask("GET", "/panic").status_code == 500 and c.ask("GET", "/get").status_code == 200


@case
def many_by_one_connection(c):
    for at in range(200):
        assert len(c.ask("GET", f"/bytes/{at}").content) == at


@case
def many_at_once(c):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(10) as pool:
        codes = list(pool.map(lambda _: c.ask("GET", "/stream/3").status_code, range(100)))
    assert codes == [200] * 100


def main():
    clients = [Requests, Httpx] if PROXY else [Requests, Httpx, Httpx2]
    for kind in clients:
        try:
            client = kind()
        except ImportError as error:
            print(f"{kind.name}: skipped, {error}")
            continue
        for one in CASES:
            try:
                one(client)
            except BaseException as error:
                print(f"{kind.name}: {one.__name__} failed")
                raise error
        print(f"{kind.name}: {len(CASES)} cases hold")


main()
