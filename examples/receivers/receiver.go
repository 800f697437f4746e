// A receiver of Agentiv's webhooks in Go 1.19 or later, with the standard library only.
//
//	AGENTIV_WEBHOOK_SECRET=whsec_… PORT=3000 go run receiver.go
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	bodyMax   = 8 << 20         // bytes; the output of a run may have 4 MiB
	tolerance = 5 * time.Minute // how far the clocks of the sender and of this machine may be apart
	seenMax   = 10000
)

var secret = os.Getenv("AGENTIV_WEBHOOK_SECRET")

func sign(key []byte, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, part := range parts {
		mac.Write(part)
	}
	return mac.Sum(nil)
}

// X-Agentiv-Signature is keyed by the whole secret, over the body as it came: parsed and written again, it is another.
// For 24 hours after a rotation, X-Agentiv-Signature-Previous is that of the secret before, so that a receiver
// which still has that one accepts as well. It is good until then to put the new one into AGENTIV_WEBHOOK_SECRET.
// hmac.Equal takes a time that does not tell where they differ.
func verifyAgentiv(h http.Header, rawBody []byte) bool {
	right := []byte("sha256=" + hex.EncodeToString(sign([]byte(secret), rawBody)))
	return hmac.Equal([]byte(h.Get("X-Agentiv-Signature")), right) ||
		hmac.Equal([]byte(h.Get("X-Agentiv-Signature-Previous")), right)
}

// Standard Webhooks, which the packages standardwebhooks and svix do for you: keyed by the decoded rest of the secret,
// over id and time too, so that nobody can send again what was overheard. After a rotation it lists two signatures.
func verifyStandard(h http.Header, rawBody []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	signed := h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "."
	right := []byte("v1," + base64.StdEncoding.EncodeToString(sign(key, []byte(signed), rawBody)))
	for _, given := range strings.Split(h.Get("webhook-signature"), " ") {
		if hmac.Equal([]byte(given), right) {
			return true
		}
	}
	return false
}

func isRecent(timestamp string) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && time.Since(time.Unix(seconds, 0)).Abs() <= tolerance
}

// Why it is refused, as status and reason; 0 when it is good. One of the two signatures would do, the second better.
func refusal(h http.Header, rawBody []byte) (int, string) {
	for _, name := range []string{"X-Agentiv-Signature", "webhook-id", "webhook-timestamp", "webhook-signature"} {
		if h.Get(name) == "" {
			return http.StatusBadRequest, "The header " + name + " is missing"
		}
	}
	if !isRecent(h.Get("webhook-timestamp")) {
		return http.StatusBadRequest, "The timestamp is too far from now"
	}
	if !verifyAgentiv(h, rawBody) || !verifyStandard(h, rawBody) {
		return http.StatusUnauthorized, "The signature is wrong"
	}
	return 0, ""
}

// An event comes at least once, and each time with the same webhook-id. Here the ids are forgotten when the process
// ends. To lose and repeat nothing, INSERT id and body into a table whose key is the id, before the answer (a duplicate
// key is a repeat), and let a worker go on from there: what was answered with 2xx is not sent again.
var seen = struct {
	sync.Mutex
	ids   map[string]bool
	order []string
}{ids: map[string]bool{}}

func isNew(id string) bool {
	seen.Lock()
	defer seen.Unlock()
	if seen.ids[id] {
		return false
	}
	seen.ids[id] = true
	seen.order = append(seen.order, id)
	if len(seen.order) > seenMax {
		delete(seen.ids, seen.order[0])
		seen.order = seen.order[1:]
	}
	return true
}

// What your application does with an event.
func work(id string, rawBody []byte) {
	var event struct {
		Event       string `json:"event"`
		ExecutionID string `json:"execution_id"`
	}
	if err := json.Unmarshal(rawBody, &event); err != nil {
		log.Print(id, ": ", err)
		return
	}
	fmt.Println(id, event.Event, event.ExecutionID)
}

func receive(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	rawBody, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil {
		http.Error(w, "The body is too large", http.StatusRequestEntityTooLarge)
		return
	}
	if status, why := refusal(r.Header, rawBody); status != 0 {
		http.Error(w, why, status)
		return
	}
	w.WriteHeader(http.StatusNoContent) // at once: what takes longer than 15 s is sent again
	if id := r.Header.Get("webhook-id"); isNew(id) {
		go work(id, rawBody)
	}
}

func main() {
	if !strings.HasPrefix(secret, "whsec_") {
		log.Fatal("AGENTIV_WEBHOOK_SECRET must be the secret of the endpoint, whsec_ included")
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	server := http.Server{Addr: "127.0.0.1:" + port, Handler: http.HandlerFunc(receive), ReadTimeout: 15 * time.Second}
	log.Fatal(server.ListenAndServe())
}
