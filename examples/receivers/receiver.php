<?php
// A receiver of Agentiv's webhooks for PHP 8, behind any web server, or as it is:
//   AGENTIV_WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:3000 receiver.php
declare(strict_types=1);

const BODY_MAX = 8 << 20;      // bytes; the output of a run may have 4 MiB. post_max_size must be no less
const TOLERANCE_S = 5 * 60;    // how far the clocks of the sender and of this machine may be apart
const NEEDED = ['X-Agentiv-Signature', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];

function header_of_request(string $name): string
{
    return $_SERVER['HTTP_' . strtoupper(strtr($name, '-', '_'))] ?? '';
}

// X-Agentiv-Signature is keyed by the whole secret, over the body as it came: parsed and written again, it is another.
// For 24 hours after a rotation, X-Agentiv-Signature-Previous is that of the secret before, so that a receiver
// which still has that one accepts as well. It is good until then to put the new one into AGENTIV_WEBHOOK_SECRET.
// hash_equals takes a time that does not tell where they differ.
function verify_agentiv(string $secret, string $raw_body): bool
{
    $right = 'sha256=' . hash_hmac('sha256', $raw_body, $secret);
    return hash_equals($right, header_of_request('X-Agentiv-Signature'))
        || hash_equals($right, header_of_request('X-Agentiv-Signature-Previous'));
}

// Standard Webhooks, which the packages standardwebhooks and svix do for you: keyed by the decoded rest of the secret,
// over id and time too, so that nobody can send again what was overheard. After a rotation it lists two signatures.
function verify_standard(string $secret, string $raw_body): bool
{
    $key = base64_decode(substr($secret, strlen('whsec_')));
    $signed = header_of_request('webhook-id') . '.' . header_of_request('webhook-timestamp') . '.' . $raw_body;
    $right = 'v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true));
    foreach (explode(' ', header_of_request('webhook-signature')) as $given) {
        if (hash_equals($right, $given)) {
            return true;
        }
    }
    return false;
}

function is_recent(string $timestamp): bool
{
    return ctype_digit($timestamp) && abs(time() - (int) $timestamp) <= TOLERANCE_S;
}

// Why it is refused, as status and reason; null when it is good. One of the two signatures would do, the second better.
function refusal(string $secret, string $raw_body): ?array
{
    foreach (NEEDED as $name) {
        if (header_of_request($name) === '') {
            return [400, "The header $name is missing"];
        }
    }
    if (!is_recent(header_of_request('webhook-timestamp'))) {
        return [400, 'The timestamp is too far from now'];
    }
    if (!verify_agentiv($secret, $raw_body) || !verify_standard($secret, $raw_body)) {
        return [401, 'The signature is wrong'];
    }
    return null;
}

// An event comes at least once, and each time with the same webhook-id. Here each id is an empty file, as PHP remembers
// nothing from one request to the next; those older than a month can go. To lose and repeat nothing, INSERT id and body
// into a table whose key is the id, before the answer (a duplicate key is a repeat), and let a worker go on from there:
// what was answered with 2xx is not sent again.
function is_new(string $id): bool
{
    $folder = getenv('AGENTIV_SEEN') ?: sys_get_temp_dir() . '/agentiv-webhooks';
    if (!is_dir($folder)) {
        @mkdir($folder, 0700);
    }
    $file = $folder . '/' . basename($id);
    $made = @fopen($file, 'x');    // of two at once, one makes it
    if (!$made && !file_exists($file)) {
        throw new RuntimeException("$file cannot be made");
    }
    return $made !== false;
}

// What your application does with an event.
function work(string $id, array $event): void
{
    error_log("$id {$event['event']} " . ($event['execution_id'] ?? ''));
}

function answer(int $status, string $text = ''): void
{
    http_response_code($status);
    header('Content-Type: text/plain');
    echo $text;
    // the answer goes out here, and the script goes on
    function_exists('fastcgi_finish_request') ? fastcgi_finish_request() : flush();
}

function receive(): void
{
    $secret = getenv('AGENTIV_WEBHOOK_SECRET') ?: '';
    if (!str_starts_with($secret, 'whsec_')) {
        error_log('AGENTIV_WEBHOOK_SECRET must be the secret of the endpoint, whsec_ included');
        answer(500);
        return;
    }
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        answer(405, 'POST only');
        return;
    }
    if ((int) ($_SERVER['CONTENT_LENGTH'] ?? BODY_MAX + 1) > BODY_MAX) {
        answer(413, 'The body is too large');
        return;
    }
    $raw_body = file_get_contents('php://input');
    $refused = refusal($secret, $raw_body);
    if ($refused) {
        answer(...$refused);
        return;
    }
    $id = header_of_request('webhook-id');
    $new = is_new($id);
    answer(204);    // at once: what takes longer than 15 s is sent again
    if ($new) {
        work($id, json_decode($raw_body, true, 64, JSON_THROW_ON_ERROR));
    }
}

receive();
