import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { after, before, describe, it } from 'node:test';
import { createRequestListener } from '../src/bin/request-listener.ts';
import { superviseConnections } from '../src/bin/connections.ts';
import { createApp } from '../src/http/app.ts';
import { createLogger } from '../src/logger.ts';
import { connectTo, statuses } from './raw-connection.ts';
import { createTestService, type TestService } from './service.ts';

/** What the issue allows one request: the loop is held up no longer than this. */
const ALLOWED_MS = 2_000;

/** Combining marks of two classes in turn: NFC sorts such a run in time quadratic in its length. */
const marks = (characters: number): string => '\u0301\u0316'.repeat(characters / 2);
