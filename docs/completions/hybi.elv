
use builtin;
use str;

set edit:completion:arg-completer[hybi] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'hybi'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'hybi'= {
            cand -t 'Send this text message after connecting, in the order given; repeatable'
            cand --text 'Send this text message after connecting, in the order given; repeatable'
            cand -b 'Send this binary message, likewise'
            cand --binary 'Send this binary message, likewise'
            cand --ping 'Send a ping with this payload, likewise'
            cand --count 'Close after this many received messages'
            cand --eof-wait 'How long to go on receiving after the input has ended'
            cand -H 'Add a request header; repeatable'
            cand --header 'Add a request header; repeatable'
            cand -s 'Offer a subprotocol; repeatable, the preferred one first'
            cand --subprotocol 'Offer a subprotocol; repeatable, the preferred one first'
            cand -o 'Send this Origin header'
            cand --origin 'Send this Origin header'
            cand --host 'Send this Host header'
            cand --cookie 'Send this Cookie header'
            cand --max-redirects 'Follow at most so many redirects'
            cand -u 'User and password for HTTP authentication, Basic or Digest; the URL may have them, too'
            cand --user 'User and password for HTTP authentication, Basic or Digest; the URL may have them, too'
            cand -p 'Connect through a proxy'
            cand --proxy 'Connect through a proxy'
            cand --ca 'Trust the certificates in this PEM file, too'
            cand --cert 'Show the server this certificate (PEM)'
            cand --key 'The private key of --cert (PEM)'
            cand --servername 'Ask for this name and verify it, not the URL''s host'
            cand --unix 'Connect through a Unix socket'
            cand --sockopt 'Set a socket option, such as TCP:NODELAY=0; repeatable'
            cand --deflate 'Offer permessage-deflate with these parameters'
            cand --max-message 'The largest message to receive; default 67108864'
            cand --max-frame 'The largest frame to receive; default 16777216'
            cand --connect-timeout 'Deadline of name lookup, TCP and TLS; default 10'
            cand --handshake-timeout 'Deadline of the opening handshake; default 10'
            cand --idle-timeout 'Close when nothing arrived for so long; default: never'
            cand --close-timeout 'Deadline of the closing handshake; default 5'
            cand --ping-interval 'Send a ping after each such interval; default: none'
            cand --ping-timeout 'Deadline of its pong; default 20'
            cand --reconnect 'Connect again after a loss, at most MAX times in a row'
            cand --backoff 'How long to wait before that, in seconds; default 0.5..30'
            cand --completions 'Print the completions of a shell'
            cand --echo 'Send every received message back'
            cand --no-origin 'Send no Origin header (the default)'
            cand --no-proxy 'Connect directly, whatever the environment says'
            cand -k 'DANGEROUS: accept any certificate'
            cand --insecure 'DANGEROUS: accept any certificate'
            cand -4 'IPv4 only'
            cand -6 'IPv6 only'
            cand --no-compress 'Do not offer compression'
            cand -v 'Log to stderr; twice: frames and headers'
            cand --verbose 'Log to stderr; twice: frames and headers'
            cand --raw 'Print payloads only, each with a newline'
            cand --timings 'Print the seconds since the start before each line'
            cand --json 'Print one JSON object a line for each event'
            cand --man 'Print the man page'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
    ]
    $completions[$command]
}
