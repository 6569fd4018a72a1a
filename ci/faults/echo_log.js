// echo_log.js NODE_MODULES PORT LOG: `ws` writes each message to the log, in one piece and at once,
// and then sends it back. Whatever kills it, the log has what was received.
const fs = require("fs");
const { WebSocketServer } = require(process.argv[2] + "/ws");
const log = fs.openSync(process.argv[4], "a");
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[3]) });
server.on("connection", (socket) => {
    socket.on("message", (data) => {
        fs.writeSync(log, data + "\n");
        socket.send(data.toString());
    });
    socket.on("error", () => {});
});
