package openapitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// checkResponse checks the status, the headers and the body of a response.
func (s spec) checkResponse(in *openapi3filter.RequestValidationInput, resp *http.Response, body []byte) error {
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in,
		Status:                 resp.StatusCode,
		Header:                 resp.Header,
		Options:                in.Options,
	})
	if err != nil {
		return err
	}
	content := in.Route.Operation.Responses.Status(resp.StatusCode).Value.Content
	if head := resp.Request != nil && resp.Request.Method == http.MethodHead; head || len(content) == 0 {
		if len(body) > 0 {
			return errors.New("there is a body")
		}
		return nil
	}
	contentType := resp.Header.Get("Content-Type")
	if err := s.checkBody(content, contentType, body); err != nil {
		return err
	}
	switch content.Get(contentType).Schema.Ref {
	case "#/components/schemas/Run", "#/components/schemas/Job", "#/components/schemas/RunPage", "#/components/schemas/JobPage":
		return checkConfigs(in.Request, body)
	}
	return nil
}

// checkConfigs checks that runs and jobs have a config if and only if the request does not ask for
// a summary. In the description config is optional, because both views have the same schema.
func checkConfigs(req *http.Request, body []byte) error {
	type item struct{ Config json.RawMessage }
	var content struct {
		item
		Run   *item
		Items []item
	}
	if err := json.Unmarshal(body, &content); err != nil {
		return err
	}
	all := content.Items
	if all == nil {
		all = []item{content.item}
	}
	if content.Run != nil {
		all = append(all, *content.Run)
	}
	summary := req.URL.Query().Get("view") == "summary"
	for _, one := range all {
		if (one.Config == nil) != summary {
			return fmt.Errorf("view=summary: %v, has a config: %v", summary, one.Config != nil)
		}
	}
	return nil
}

// checkBody checks the content type and the content of a body.
func (s spec) checkBody(content openapi3.Content, contentType string, body []byte) error {
	described := content.Get(contentType)
	if described == nil {
		return fmt.Errorf("the Content-Type %q is not described", contentType)
	}
	var value any = string(body)
	if strings.HasPrefix(contentType, "application/json") {
		var err error
		if value, err = jsonschema.UnmarshalJSON(bytes.NewReader(body)); err != nil {
			return fmt.Errorf("the body is not JSON: %w", err)
		}
	}
	schema, ok := s.schemas[described.Schema.Ref]
	if !ok {
		return errors.New("the schema of the body is not a component of the description")
	}
	return schema.Validate(value)
}
