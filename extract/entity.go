package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"kycsync/schemas"
)

// An entity is a kind of what sessions and payments add up to.
type entity struct {
	one, many string // for people
	document  schemas.DocumentKind
	row       schemas.DocumentKind // of the list
	path      string               // of the list; an entity is one segment below
	id        string               // the member that identifies it
	order     string               // the member that the list is in descending order of
	counter   func(*Stats) *int64
}

var (
	users = entity{"user", "users", schemas.User, schemas.UserRow, "/v3/users/", "didit_internal_id", "last_session_at",
		func(s *Stats) *int64 { return &s.Users }}
	businesses = entity{"business", "businesses", schemas.Business, schemas.BusinessRow, "/v3/businesses/", "didit_internal_id", "last_session_at",
		func(s *Stats) *int64 { return &s.Businesses }}
	transactions = entity{"transaction", "transactions", schemas.Transaction, schemas.TransactionRow, "/v3/transactions/", "uuid", "txn_date",
		func(s *Stats) *int64 { return &s.Transactions }}
)

func (e entity) list() list {
	return list{what: "list of " + e.many, path: e.path, id: e.id, order: e.order, row: e.row, optional: true, counter: e.counter}
}

// User asks for the details of the user whom the customer calls vendorData. The document's ID is the
// didit_internal_id. Errors that concern only this user satisfy [OfSession]: those of Decision, and
// ErrUnaddressable for a text that no path can name. No error holds the text.
//
// Source: GET /v3/users/{vendor_data}/.
func (c *Client) User(ctx context.Context, vendorData string) (schemas.Document, error) {
	return c.named(ctx, users, vendorData)
}

// Business asks for the details of a business as [Client.User] does for those of a user.
//
// Source: GET /v3/businesses/{vendor_data}/.
func (c *Client) Business(ctx context.Context, vendorData string) (schemas.Document, error) {
	return c.named(ctx, businesses, vendorData)
}

// Transaction asks for the details of a transaction. The document's ID is its uuid. Errors are those of
// [Client.User]; what is no UUID is ErrUnaddressable.
//
// Source: GET /v3/transactions/{uuid}/.
func (c *Client) Transaction(ctx context.Context, uuid string) (schemas.Document, error) {
	id, _ := sessionID(uuid)
	a := transactions.ask(string(id))
	return c.detail(ctx, transactions, a, func(got entry) bool { return got.id == string(id) })
}

// named asks by vendor_data. The vendor finds it whatever its case. A path that something between
// us and the vendor has resolved in its own way may lead to another entity, which must not pass for
// this one.
func (c *Client) named(ctx context.Context, e entity, vendorData string) (schemas.Document, error) {
	a := e.ask(vendorData)
	a.freeText = url.PathEscape(vendorData) != vendorData
	return c.detail(ctx, e, a, func(got entry) bool {
		return got.vendorData == "" || strings.EqualFold(strings.TrimSpace(got.vendorData), strings.TrimSpace(vendorData))
	})
}

// ask is the request for the entity that the segment names; its path is empty if none can.
func (e entity) ask(segment string) ask {
	a := ask{what: e.one, alone: true, max: maxDecisionBytes, counter: e.counter, check: checkWhole}
	if segment != "" && segment != "." && segment != ".." {
		a.path = e.path + url.PathEscape(segment) + "/"
	}
	return a
}

func (c *Client) detail(ctx context.Context, e entity, a ask, same func(entry) bool) (schemas.Document, error) {
	if a.path == "" {
		return schemas.Document{}, c.giveUp(a, 0, ErrUnaddressable)
	}
	ans, err := c.get(ctx, a)
	if err != nil {
		return schemas.Document{}, err
	}
	switch got := readEntry(&element{value: ans.body}, e.id, e.order); {
	case got.id == "":
		return schemas.Document{}, c.giveUp(a, 1, fmt.Errorf("%w: %s: want a UUID", ErrMalformed, e.id))
	case !same(got):
		return schemas.Document{}, c.giveUp(a, 1, fmt.Errorf("%w: it is about another %s", ErrMalformed, e.one))
	default:
		return schemas.Document{Kind: e.document, ID: got.id, Body: ans.body, ObservedAt: ans.at}, nil
	}
}

// checkWhole finds bodies that broke off.
func checkWhole(body []byte) *fault {
	if errors.Is(scan(body, nil), io.ErrUnexpectedEOF) {
		return brokenOff()
	}
	return nil
}
