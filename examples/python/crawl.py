"""Creates a job for a web site, waits until its first run is finished, and prints each URL that
failed:

    python3 examples/python/crawl.py https://example.com/

SERVICE_URL is the service to use, by default http://localhost:8022. The program needs the standard
library only.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

SERVICE = os.environ.get("SERVICE_URL", "http://localhost:8022")


def call(method, path, body=None):
    """Sends a request, with body as JSON if there is one, and returns the decoded response."""
    request = urllib.request.Request(
        SERVICE + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"X-Tenant-Id": "acme", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        # The body says what is wrong, as {"code", "message", "reason", ...}.
        sys.exit(f"{method} {path}: {error}: {error.read().decode()}")


def failures(run_id):
    """Yields the entries of the run's log with an error, the last recorded first."""
    query = {"statuses": "error", "per_page": 100}
    while True:
        page = call("GET", f"/v1/runs/{run_id}/logs?{urllib.parse.urlencode(query)}")
        yield from page["items"]
        if page["next_page"] is None:
            return
        query["page"] = page["next_page"]


def main(site):
    job = call("POST", "/v1/jobs?create_run=true", {
        "name": "example",
        "config": {
            "seeds": [{"kind": "static_list", "params": {"urls": [site]}}],
            "stopping_criteria": [{"kind": "max_urls", "params": {"max_urls": 100}}],
        },
    })
    run = job["run"]
    while run["status"] != "finished":
        time.sleep(1)
        run = call("GET", f"/v1/runs/{run['id']}")
    progress = run["progress"]
    print(f"{run['stop_reason']}: {progress['urls_fetched']} fetched, {progress['urls_failed']} failed")
    for entry in failures(run["id"]):
        print(entry["error_reason"], entry["url"])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python3 examples/python/crawl.py URL")
    main(sys.argv[1])
