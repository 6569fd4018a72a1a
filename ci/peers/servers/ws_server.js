// npm `ws` as a server for the peers stage: see websockets_server.py. `/close/0` sends a Close frame
// without a code.
//
//     ws_server.js NODE-MODULES [deflate]
const { WebSocketServer } = require(`${process.argv[2]}/ws`);

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: process.argv.includes('deflate') && { threshold: 0 },
  maxPayload: 0,
  handleProtocols: (offered) => offered.has('chat') && 'chat',
});
server.on('listening', () => console.log(JSON.stringify({ ws: server.address().port })));

server.on('connection', (ws, request) => {
  ws.on('error', () => {});
  ws.on('close', (code, reason) =>
    console.log(JSON.stringify({ closed: code, reason: reason.toString() })));
  const [action, code, reason] = request.url.split('?')[0].split('/').slice(1);
  switch (action) {
    case 'echo':
      return ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
    case 'close':
      return code === '0' ? ws.close() : ws.close(Number(code), decodeURIComponent(reason ?? ''));
    case 'ping':
      ws.on('pong', (data) => ws.close(1000, `${data}` === 'are you there' ? 'pong seen' : 'no pong'));
      return ws.ping('are you there');
    case 'fragments':
      ws.send('He', { fin: false });
      ws.ping('between');
      ws.send('llo, wö', { fin: false });
      ws.send('rld', { fin: true });
      return ws.close(1000);
    case 'drop':
      return ws.terminate();
    case 'request': {
      const headers = [];
      for (let i = 0; i < request.rawHeaders.length; i += 2) {
        headers.push([request.rawHeaders[i].toLowerCase(), request.rawHeaders[i + 1]]);
      }
      ws.send(JSON.stringify({ target: request.url, headers }));
      return ws.close(1000);
    }
  }
});
