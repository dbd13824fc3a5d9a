package config

import "testing"

func TestUserAgentInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"empty user_agent", `{"user_agent":""}`, []string{"config.user_agent length between 1 and 256 bytes"}},
		{"long user_agent", `{"user_agent":"` + long + `"}`, []string{"config.user_agent length between 1 and 256 bytes"}},
		{"user_agent with a line break", `{"user_agent":"a\r\nX: y"}`, []string{"config.user_agent format printable ASCII"}},
		{"user_agent that ends with a space", `{"user_agent":"a "}`, []string{"config.user_agent format neither begin nor end with a space"}},
		{"random user_agent", `{"user_agent":"random"}`, []string{"config.user_agent unsupported supported: the agent as it is sent"}},
	})
	if _, err := ParseStored([]byte(`{"user_agent":"random"}`)); err != nil {
		t.Errorf("stored by an earlier version: %v", err)
	}
}
