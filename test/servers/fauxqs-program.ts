// fauxqs on 127.0.0.1 and the given port. Its own program listens on every address. `POST /pass/60` moves its clock by
// 60 s: leases, delays and retention; waits for messages take real time.
import { buildApp } from 'fauxqs';

let passedMs = 0;
const { now } = Date;
Date.now = () => now() + passedMs;

const app = buildApp({ logger: false });
app.post<{ Params: { seconds: string } }>('/pass/:seconds', async (request) => {
  passedMs += Number(request.params.seconds) * 1000;
  return {};
});
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
