
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'hybi' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'hybi'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'hybi' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Send this text message after connecting, in the order given; repeatable')
            [CompletionResult]::new('--text', '--text', [CompletionResultType]::ParameterName, 'Send this text message after connecting, in the order given; repeatable')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Send this binary message, likewise')
            [CompletionResult]::new('--binary', '--binary', [CompletionResultType]::ParameterName, 'Send this binary message, likewise')
            [CompletionResult]::new('--ping', '--ping', [CompletionResultType]::ParameterName, 'Send a ping with this payload, likewise')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Close after this many received messages')
            [CompletionResult]::new('--eof-wait', '--eof-wait', [CompletionResultType]::ParameterName, 'How long to go on receiving after the input has ended')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Add a request header; repeatable')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Add a request header; repeatable')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Offer a subprotocol; repeatable, the preferred one first')
            [CompletionResult]::new('--subprotocol', '--subprotocol', [CompletionResultType]::ParameterName, 'Offer a subprotocol; repeatable, the preferred one first')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Send this Origin header')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Send this Origin header')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Send this Host header')
            [CompletionResult]::new('--cookie', '--cookie', [CompletionResultType]::ParameterName, 'Send this Cookie header')
            [CompletionResult]::new('--max-redirects', '--max-redirects', [CompletionResultType]::ParameterName, 'Follow at most so many redirects')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'User and password for HTTP authentication, Basic or Digest; the URL may have them, too')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'User and password for HTTP authentication, Basic or Digest; the URL may have them, too')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Connect through a proxy')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Connect through a proxy')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this PEM file, too')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Show the server this certificate (PEM)')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The private key of --cert (PEM)')
            [CompletionResult]::new('--servername', '--servername', [CompletionResultType]::ParameterName, 'Ask for this name and verify it, not the URL''s host')
            [CompletionResult]::new('--unix', '--unix', [CompletionResultType]::ParameterName, 'Connect through a Unix socket')
            [CompletionResult]::new('--sockopt', '--sockopt', [CompletionResultType]::ParameterName, 'Set a socket option, such as TCP:NODELAY=0; repeatable')
            [CompletionResult]::new('--deflate', '--deflate', [CompletionResultType]::ParameterName, 'Offer permessage-deflate with these parameters')
            [CompletionResult]::new('--max-message', '--max-message', [CompletionResultType]::ParameterName, 'The largest message to receive; default 67108864')
            [CompletionResult]::new('--max-frame', '--max-frame', [CompletionResultType]::ParameterName, 'The largest frame to receive; default 16777216')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Deadline of name lookup, TCP and TLS; default 10')
            [CompletionResult]::new('--handshake-timeout', '--handshake-timeout', [CompletionResultType]::ParameterName, 'Deadline of the opening handshake; default 10')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'Close when nothing arrived for so long; default: never')
            [CompletionResult]::new('--close-timeout', '--close-timeout', [CompletionResultType]::ParameterName, 'Deadline of the closing handshake; default 5')
            [CompletionResult]::new('--ping-interval', '--ping-interval', [CompletionResultType]::ParameterName, 'Send a ping after each such interval; default: none')
            [CompletionResult]::new('--ping-timeout', '--ping-timeout', [CompletionResultType]::ParameterName, 'Deadline of its pong; default 20')
            [CompletionResult]::new('--reconnect', '--reconnect', [CompletionResultType]::ParameterName, 'Connect again after a loss, at most MAX times in a row')
            [CompletionResult]::new('--backoff', '--backoff', [CompletionResultType]::ParameterName, 'How long to wait before that, in seconds; default 0.5..30')
            [CompletionResult]::new('--completions', '--completions', [CompletionResultType]::ParameterName, 'Print the completions of a shell')
            [CompletionResult]::new('--echo', '--echo', [CompletionResultType]::ParameterName, 'Send every received message back')
            [CompletionResult]::new('--no-origin', '--no-origin', [CompletionResultType]::ParameterName, 'Send no Origin header (the default)')
            [CompletionResult]::new('--no-proxy', '--no-proxy', [CompletionResultType]::ParameterName, 'Connect directly, whatever the environment says')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'DANGEROUS: accept any certificate')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'DANGEROUS: accept any certificate')
            [CompletionResult]::new('-4', '-4', [CompletionResultType]::ParameterName, 'IPv4 only')
            [CompletionResult]::new('-6', '-6', [CompletionResultType]::ParameterName, 'IPv6 only')
            [CompletionResult]::new('--no-compress', '--no-compress', [CompletionResultType]::ParameterName, 'Do not offer compression')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to stderr; twice: frames and headers')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to stderr; twice: frames and headers')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Print payloads only, each with a newline')
            [CompletionResult]::new('--timings', '--timings', [CompletionResultType]::ParameterName, 'Print the seconds since the start before each line')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object a line for each event')
            [CompletionResult]::new('--man', '--man', [CompletionResultType]::ParameterName, 'Print the man page')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
