// The part of undici that packages/server/src/outbound uses. A CommonJS package has no parts that a bundler could leave
// out: the whole has fetch, WebSockets, caches and mocks, a third of a megabyte that no function runs.
import request from '../../node_modules/undici/lib/api/api-request.js';
import Dispatcher from '../../node_modules/undici/lib/dispatcher/dispatcher.js';
import Pool from '../../node_modules/undici/lib/dispatcher/pool.js';

Object.assign(Dispatcher.prototype, { request }); // as undici's own index does with all of its API

export { Pool };
