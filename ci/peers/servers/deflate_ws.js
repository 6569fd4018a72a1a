// npm `ws`, echoing, once for each way to configure permessage-deflate: see deflate_websockets.py.
//
//     deflate_ws.js CONFIGURATIONS NODE-MODULES
const { WebSocketServer } = require(`${process.argv[3]}/ws`);

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const servers = JSON.parse(process.argv[2]).map((configuration) => {
  const options = { threshold: 0 };
  for (const [name, value] of Object.entries(configuration)) {
    options[camel(name)] = value;
  }
  const perMessageDeflate = options;
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate, maxPayload: 0 });
  server.on('connection', (ws) => {
    ws.on('error', () => {});
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  });
  return new Promise((resolve) => server.on('listening', () => resolve(server.address().port)));
});
Promise.all(servers).then((ports) => console.log(JSON.stringify(ports)));
