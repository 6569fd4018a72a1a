// echo_log.js NODE_MODULES PORT LOG: `ws` writes each message to the log and then sends it back.
// A write can be killed between two pages, so each message has a slot that lies in one.
const fs = require('fs');
const { WebSocketServer } = require(`${process.argv[2]}/ws`);

const SLOT = 1024;
const log = fs.openSync(process.argv[4], 'r+');
let place = Math.ceil(fs.fstatSync(log).size / SLOT) * SLOT;

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[3]) });
server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data) => {
    const slot = Buffer.alloc(SLOT);
    slot.write(`${data}\n`);
    fs.writeSync(log, slot, 0, SLOT, place);
    place += SLOT;
    socket.send(`${data}`);
  });
});
