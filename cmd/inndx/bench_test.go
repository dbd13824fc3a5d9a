package main_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// BenchmarkFirstFetch measures the time from the start of inndx crawl to its first request to the
// site. The data folder is one that was used before, and the cache is complete. The reference is
// the time until DynamoDB Local alone responds, started as AWS documents it.
func BenchmarkFirstFetch(b *testing.B) {
	requested := make(chan time.Time, 100)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requested <- time.Now()
		page(w)
	}))
	defer site.Close()
	manifest, data := manifestFile(b, site.URL+"/"), filepath.Join(b.TempDir(), "data")
	crawl := func() time.Duration {
		cmd := exec.Command(binary, "crawl", manifest)
		cmd.Env = append(os.Environ(), "DATA_DIR="+data)
		began := time.Now()
		if output, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, output)
		}
		return (<-requested).Sub(began)
	}
	crawl()
	var first, bare time.Duration
	for b.Loop() {
		first += crawl()
		bare += bareDatabase(b)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(first.Seconds()*1000/float64(b.N), "ms-first-fetch")
	b.ReportMetric(bare.Seconds()*1000/float64(b.N), "ms-bare-database")
	b.ReportMetric(first.Seconds()/bare.Seconds(), "of-bare")
}

// bareDatabase returns the time from the start of DynamoDB Local's own main class to its first
// response.
func bareDatabase(b *testing.B) time.Duration {
	b.Helper()
	jars, err := filepath.Glob("../../.cache/dynamodb-local-*/DynamoDBLocal.jar")
	if err != nil || len(jars) == 0 {
		b.Skip("the cache has no DynamoDB Local")
	}
	jar, err := filepath.Abs(jars[0])
	if err != nil {
		b.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	listener.Close()
	cmd := exec.Command("java", "-Djava.library.path="+filepath.Join(filepath.Dir(jar), "DynamoDBLocal_lib"),
		"-jar", jar, "-port", port, "-sharedDb", "-inMemory", "-disableTelemetry")
	cmd.Dir = b.TempDir()
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	for time.Since(began) < patience {
		if resp, err := http.Get("http://127.0.0.1:" + port); err == nil {
			resp.Body.Close()
			return time.Since(began)
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.Fatal("DynamoDB Local does not respond")
	return 0
}
