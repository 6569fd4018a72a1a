complete -c hybi -s t -l text -d 'Send this text message after connecting, in the order given; repeatable' -r
complete -c hybi -s b -l binary -d 'Send this binary message, likewise' -r
complete -c hybi -l ping -d 'Send a ping with this payload, likewise' -r
complete -c hybi -l count -d 'Close after this many received messages' -r
complete -c hybi -l eof-wait -d 'How long to go on receiving after the input has ended' -r
complete -c hybi -s H -l header -d 'Add a request header; repeatable' -r
complete -c hybi -s s -l subprotocol -d 'Offer a subprotocol; repeatable, the preferred one first' -r
complete -c hybi -s o -l origin -d 'Send this Origin header' -r
complete -c hybi -l host -d 'Send this Host header' -r
complete -c hybi -l cookie -d 'Send this Cookie header' -r
complete -c hybi -l max-redirects -d 'Follow at most so many redirects' -r
complete -c hybi -s u -l user -d 'User and password for HTTP authentication, Basic or Digest; the URL may have them, too' -r
complete -c hybi -s p -l proxy -d 'Connect through a proxy' -r
complete -c hybi -l ca -d 'Trust the certificates in this PEM file, too' -r -F
complete -c hybi -l cert -d 'Show the server this certificate (PEM)' -r -F
complete -c hybi -l key -d 'The private key of --cert (PEM)' -r -F
complete -c hybi -l servername -d 'Ask for this name and verify it, not the URL\'s host' -r
complete -c hybi -l unix -d 'Connect through a Unix socket' -r -F
complete -c hybi -l sockopt -d 'Set a socket option, such as TCP:NODELAY=0; repeatable' -r
complete -c hybi -l deflate -d 'Offer permessage-deflate with these parameters' -r
complete -c hybi -l max-message -d 'The largest message to receive; default 67108864' -r
complete -c hybi -l max-frame -d 'The largest frame to receive; default 16777216' -r
complete -c hybi -l connect-timeout -d 'Deadline of name lookup, TCP and TLS; default 10' -r
complete -c hybi -l handshake-timeout -d 'Deadline of the opening handshake; default 10' -r
complete -c hybi -l idle-timeout -d 'Close when nothing arrived for so long; default: never' -r
complete -c hybi -l close-timeout -d 'Deadline of the closing handshake; default 5' -r
complete -c hybi -l ping-interval -d 'Send a ping after each such interval; default: none' -r
complete -c hybi -l ping-timeout -d 'Deadline of its pong; default 20' -r
complete -c hybi -l reconnect -d 'Connect again after a loss, at most MAX times in a row' -r
complete -c hybi -l backoff -d 'How long to wait before that, in seconds; default 0.5..30' -r
complete -c hybi -l completions -d 'Print the completions of a shell' -r -f -a "bash\t''
elvish\t''
fish\t''
powershell\t''
zsh\t''"
complete -c hybi -l echo -d 'Send every received message back'
complete -c hybi -l no-origin -d 'Send no Origin header (the default)'
complete -c hybi -l no-proxy -d 'Connect directly, whatever the environment says'
complete -c hybi -s k -l insecure -d 'DANGEROUS: accept any certificate'
complete -c hybi -s 4 -d 'IPv4 only'
complete -c hybi -s 6 -d 'IPv6 only'
complete -c hybi -l no-compress -d 'Do not offer compression'
complete -c hybi -s v -l verbose -d 'Log to stderr; twice: frames and headers'
complete -c hybi -l raw -d 'Print payloads only, each with a newline'
complete -c hybi -l timings -d 'Print the seconds since the start before each line'
complete -c hybi -l json -d 'Print one JSON object a line for each event'
complete -c hybi -l man -d 'Print the man page'
complete -c hybi -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hybi -s V -l version -d 'Print version'
