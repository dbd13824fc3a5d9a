package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/weburl"
)

// maxRobotsRedirects bounds the redirects that are followed to a robots.txt (RFC 9309, section
// 2.3.1.2).
const maxRobotsRedirects = 5

// Robots fetches the robots.txt of the origin of u, and reads it for the client's user agent. The
// caller may keep the rules for at most 24 hours (RFC 9309, section 2.4).
//
// An error means that nothing of the origin may be fetched, as the nil *Rules say. It is of type
// *Error. Its reason is RobotsUnavailable if the response is a 5xx or a 429. A 429 asks for fewer
// requests and does not mean that there is no file. RetryAfter says how long the server asks to
// wait. Without a response, the reason is that of the failed request. Other 4xx, and redirects
// without a valid Location, mean that everything is allowed. So do more than five redirects.
func (c *Client) Robots(ctx context.Context, u weburl.URL) (*robots.Rules, error) {
	target, err := u.Resolve("/robots.txt")
	if err != nil {
		return nil, &Error{Reason: InvalidURL, Err: err}
	}
	for range maxRobotsRedirects + 1 {
		res, err := c.get(ctx, target, robots.MaxBytes+1)
		if err != nil {
			return nil, robotsError(err)
		}
		switch {
		case res.Status/100 == 2:
			defer res.Close()
			return robots.Parse(res.Body, robots.Product(c.opts.UserAgent)), nil
		case res.Status/100 == 5, res.Status == http.StatusTooManyRequests:
			return nil, &Error{Reason: RobotsUnavailable, Retryable: true, RetryAfter: res.RetryAfter, Err: fmt.Errorf("robots.txt: status %d", res.Status)}
		case res.Status/100 != 3 || res.Location == "":
			return robots.Parse(nil, ""), nil
		}
		if target, err = target.Resolve(res.Location); err != nil {
			return robots.Parse(nil, ""), nil
		}
	}
	return robots.Parse(nil, ""), nil
}

// robotsError returns the error of a robots.txt without a response. It keeps the reason of the
// failed request, so that a dead host gives the same reason for robots.txt and for pages.
func robotsError(err error) error {
	e := (*Error)(nil)
	if !errors.As(err, &e) {
		return err
	}
	return &Error{Reason: e.Reason, Retryable: e.Retryable, RetryAfter: e.RetryAfter, Err: fmt.Errorf("robots.txt: %w", e.Err)}
}
