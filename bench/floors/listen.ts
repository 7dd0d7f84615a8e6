import { createServer, type RequestListener } from 'node:http';

/** node:http and nothing else, on the port it is told. */
export const listen = (handle: RequestListener): void => {
  createServer(handle).listen(Number(process.env['PORT']), '127.0.0.1');
};
