import { createServer, type RequestListener } from 'node:http';

/** A bare node:http server on the given port. */
export const listen = (handle: RequestListener): void => {
  createServer(handle).listen(Number(process.env['PORT']), '127.0.0.1');
};
