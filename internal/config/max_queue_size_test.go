package config

import "testing"

func TestMaxQueueSizeInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"max_queue_size below", `{"max_queue_size":0}`, []string{"config.max_queue_size range between 1 and 5000000"}},
		{"max_queue_size above", `{"max_queue_size":5000001}`, []string{"config.max_queue_size range between 1 and 5000000"}},
		{"max_queue_size as a string", `{"max_queue_size":"5"}`, []string{"config.max_queue_size type an integer"}},
	})
}
