import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { z } from 'zod';
import type { AppError, ErrorCode } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import type { AppServices } from './app-services.ts';
import type { BodyGates } from './gate.ts';

/** In lower case: a name in two spellings would be sent twice. */
export type AnswerHeaders = { [name: Lowercase<string>]: string };

/** What the steps leave for the routes. */
export interface AppEnv {
  /** Node's own request, where Node serves, or what Lambda's event says; neither in `app.request`. */
  Bindings: { incoming?: IncomingMessage; event?: EventOrigin };
  Variables: {
    requestId: string;
    /** What every answer says besides, whatever becomes of the request. */
    addedHeaders: AnswerHeaders | undefined;
    principal: Principal;
    /** What the client calls us, `http://127.0.0.1:8000`. */
    publicOrigin: string;
    gates: BodyGates;
    /** Why the request was refused, for its line in the log. */
    problem: Pick<AppError, 'code' | 'detail'> | undefined;
  };
}

/** What the platform says of a request, and a `Request` doesn't. */
export interface EventOrigin {
  /** Path and query before a URL was made of them, which normalizes them. */
  readonly target: string;
  /** The platform's own name that was asked. */
  readonly domainName: string;
  readonly remoteAddress: string;
}

export type RouteContext = Context<AppEnv>;

/** A row of the route table: what it answers and what openapi.json says of it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In Hono's form: `/images/:id`. */
  readonly path: string;
  /** Left out of openapi.json when absent: pages for people. */
  readonly operation?: Operation;
  readonly handle: (context: RouteContext, services: AppServices) => Response | Promise<Response>;
}

export interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: 'images' | 'renditions' | 'service';
  readonly query?: z.ZodObject;
  readonly headers?: readonly RequestHeader[];
  /** By media type; a route that takes several decides by it. */
  readonly body?: { readonly [mediaType: string]: { schema: z.ZodType; examples?: Examples } };
  readonly responses: { readonly [status: number]: Answer };
  /** Which problems it answers, beside those every route can. */
  readonly problems: readonly ErrorCode[];
}

export type RequestHeader = 'X-User-Id' | 'Idempotency-Key' | 'If-Match' | 'If-None-Match' | 'Range';

interface Answer {
  readonly description: string;
  /** What its headers say, by their names. */
  readonly headers?: { readonly [name: string]: string };
  readonly json?: z.ZodType;
  readonly examples?: Examples;
  /** What else it may be than JSON. */
  readonly mediaTypes?: readonly string[];
}

interface Examples {
  readonly [name: string]: { readonly summary: string; readonly value: unknown };
}
