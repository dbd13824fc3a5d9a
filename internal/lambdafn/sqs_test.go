package lambdafn

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func TestSQSSend(t *testing.T) {
	type request struct {
		QueueUrl     string
		MessageBody  string
		DelaySeconds int
	}
	var got request
	var target string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got, target = request{}, r.Header.Get("X-Amz-Target")
		if err := json.Unmarshal(body, &got); err != nil {
			t.Errorf("request %s: %v", body, err)
		}
		digest := md5.Sum([]byte(got.MessageBody))
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		json.NewEncoder(w).Encode(map[string]string{"MessageId": "1", "MD5OfMessageBody": hex.EncodeToString(digest[:])})
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL_SQS", server.URL)
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const url = "https://sqs.eu-central-1.amazonaws.com/123456789012/wake"
	q := newSQS(sqs.NewFromConfig(cfg), url)
	ref := newRef()
	body, _ := json.Marshal(ref)

	for _, tc := range []struct {
		delay time.Duration
		want  int
	}{
		{-time.Second, 0}, {0, 0}, {time.Millisecond, 1}, {2 * time.Second, 2}, {2500 * time.Millisecond, 3},
		{15 * time.Minute, 900}, {24 * time.Hour, 900},
	} {
		if err := q.Send(t.Context(), ref, tc.delay); err != nil {
			t.Fatalf("delay %s: %v", tc.delay, err)
		}
		if want := (request{url, string(body), tc.want}); got != want || target != "AmazonSQS.SendMessage" {
			t.Errorf("delay %s: %s %+v, want %+v", tc.delay, target, got, want)
		}
	}
}

// Messages that a consumer has, or that are delayed, do not wait.
func TestSQSWaiting(t *testing.T) {
	c, letters := letterQueue(t, slog.New(slog.DiscardHandler), newRefs(3))
	c.send("DeadLetterQueue", "delayed", time.Hour, "")
	c.queues["DeadLetterQueue"].messages[0].visible = time.Now().Add(time.Hour)
	q := newSQS(letters.client, letters.queueURL)
	if n, err := q.Waiting(t.Context()); n != 2 || err != nil {
		t.Errorf("%d messages wait, %v, want 2", n, err)
	}
}
