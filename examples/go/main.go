// Command go creates a job for a web site, waits until its first run is finished, and prints each
// URL that failed:
//
//	go run ./examples/go https://example.com/
//
// SERVICE_URL is the service to use, by default http://localhost:8022.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"time"
)

var service = cmp.Or(os.Getenv("SERVICE_URL"), "http://localhost:8022")

// A Run is one execution of a job. It has more members, which this program does not use.
type Run struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	StopReason string `json:"stop_reason"`
	Progress   struct {
		URLsFetched int64 `json:"urls_fetched"`
		URLsFailed  int64 `json:"urls_failed"`
	} `json:"progress"`
}

// An Entry of a run's log says what happened to one URL.
type Entry struct {
	URL         string `json:"url"`
	ErrorReason string `json:"error_reason"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: go run ./examples/go URL")
	}
	if err := crawl(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func crawl(site string) error {
	var job struct{ Run Run }
	err := call(http.MethodPost, "/v1/jobs?create_run=true", map[string]any{
		"name": "example",
		"config": map[string]any{
			"seeds": []any{map[string]any{
				"kind": "static_list", "params": map[string]any{"urls": []string{site}}}},
			"stopping_criteria": []any{map[string]any{
				"kind": "max_urls", "params": map[string]any{"max_urls": 100}}},
		},
	}, &job)
	if err != nil {
		return err
	}
	run := job.Run
	for run.Status != "finished" {
		time.Sleep(time.Second)
		if err := call(http.MethodGet, "/v1/runs/"+run.ID, nil, &run); err != nil {
			return err
		}
	}
	fmt.Printf("%s: %d fetched, %d failed\n", run.StopReason, run.Progress.URLsFetched, run.Progress.URLsFailed)
	return printFailures(run.ID)
}

// printFailures walks the pages of the run's log, the last recorded first.
func printFailures(run string) error {
	query := url.Values{"statuses": {"error"}, "per_page": {"100"}}
	for {
		var page struct {
			Items    []Entry `json:"items"`
			NextPage *string `json:"next_page"`
		}
		if err := call(http.MethodGet, "/v1/runs/"+run+"/logs?"+query.Encode(), nil, &page); err != nil {
			return err
		}
		for _, e := range page.Items {
			fmt.Println(e.ErrorReason, e.URL)
		}
		if page.NextPage == nil {
			return nil
		}
		query.Set("page", *page.NextPage)
	}
}

// call sends a request, with body as JSON unless it is nil, and decodes the response into result.
func call(method, path string, body, result any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, service+path, content)
	if err != nil {
		return err
	}
	req.Header.Set("X-Tenant-Id", "acme")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		text, _ := io.ReadAll(resp.Body) // what is wrong, as {"code", "message", "reason", ...}
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	return json.NewDecoder(resp.Body).Decode(result)
}
