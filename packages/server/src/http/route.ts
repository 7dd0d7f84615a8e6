import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'hono';
import type * as z from 'zod';
import type { KeyId } from '../domain/access/api-key-text.ts';
import type { IpAddress } from '../domain/access/ip-address.ts';
import type { Access, OperationId } from '../domain/access/policy.ts';
import type { Principal } from '../domain/access/principal.ts';
import type { Share } from '../domain/access/rate-limits.ts';
import type { AlbumId } from '../domain/album/album-id.ts';
import type { AppError, ErrorCode } from '../domain/errors.ts';
import type { ImageId } from '../domain/image/image-id.ts';
import type { LinkId } from '../domain/image/share-link.ts';
import type { PlaceLine } from '../flow/place-line.ts';
import type { Places } from '../flow/places.ts';
import type { Scheme } from '../http-semantics/forwarding/hop.ts';
import type { Services } from '../services.ts';

/** Lower case, because a name in two spellings would be sent twice. */
export type AnswerHeaders = { [name: Lowercase<string>]: string };

/** Values that the steps pass to the routes. */
export interface AppEnv {
  /**
   * Node's own request and answer under Node, or the event's values on Lambda; neither in `app.request`. The app fills
   * in `facts`.
   */
  Bindings: { incoming?: IncomingMessage; outgoing?: ServerResponse; event?: EventOrigin; facts?: RequestFacts };
  Variables: {
    requestId: string;
    /** Headers of every answer, including errors. */
    addedHeaders: AnswerHeaders | undefined;
    /** The shares that the request was counted to before its body. Set with `access`. */
    counted: readonly Share[];
    /** Who calls, as soon as that is known: also if the call is refused then. */
    principal: Principal;
    /**
     * Who calls, for the user that headers and query name. Set for routes with an operation, before their handler runs,
     * and never changed.
     */
    access: Access;
    /** What happens to names that the operation doesn't have. Set with `access`. */
    unknownNames: 'refused' | 'ignored';
    /** The users that aren't blocked, of those that the request names: when each was asked for (`elapsedMs`). */
    unblocked: Map<string, number> | undefined;
    /** For the audit: `access` for the user that the body names. */
    acting: Access | undefined;
    /** The error for an anonymous caller, unless the image is open to all. Set by the guards, or with `access`. */
    refusal: AppError | undefined;
    /**
     * For the audit, besides the path: the image, key, link or token that the request made, its gate, or the size of
     * its batch.
     */
    concerns:
      | { readonly imageId: ImageId; readonly linkId?: LinkId }
      | { readonly albumId: AlbumId; readonly linkId?: LinkId }
      | { readonly keyId: KeyId }
      | { readonly webhookId: string }
      | { readonly tokenId: string }
      | { readonly gate: string }
      | { readonly count: number }
      | undefined;
    /** The client, behind all trusted proxies; undefined if the connection has no address, or has ended. */
    clientAddress: IpAddress | undefined;
    /**
     * Scheme and host of the request, or those that a trusted proxy forwards. The host isn't checked, and '' without
     * one.
     */
    addressed: { readonly scheme: Scheme; readonly host: string };
    /** The service's origin as the client addresses it, such as `http://127.0.0.1:8000`. */
    publicOrigin: string;
    places: BodyPlaces;
    /** The problem of a refused request, for its event. */
    problem: Problem | undefined;
  };
}

/**
 * The problem of a problem document, or of S3's error for a presigned request to this service, which has a code alone.
 */
export interface Problem extends Partial<Pick<AppError, 'detail' | 'reason' | 'policy'>> {
  readonly code: string;
}

/** What becomes known of a request while the app handles it: its event is made of this (http/request-done.ts). */
export interface RequestFacts {
  /** undefined: the app never saw the request. */
  context: RouteContext | undefined;
  /** null: none. */
  route: RouteFacts | null;
  /** A request without a route because of its form: for example, its target and Host form no URL. */
  malformed: { readonly requestId: string; readonly problem: Problem } | undefined;
  /** The bytes of the body that the app has read. */
  bytesRead: number;
  /** undefined: the request isn't traced. */
  traceId: string | undefined;
}

/** A path of the route table. */
export interface RouteFacts {
  /** `/images/{id}` */
  readonly template: string;
  /** By method. */
  readonly operations: ReadonlyMap<string, OperationId>;
}

/** The places of the whole app for bodies. */
export interface BodyPlaces {
  /** Held while a body is being received. */
  readonly bodies: Places;
  /** Held while a large JSON body is in memory. */
  readonly largeJson: PlaceLine;
}

/** Values that the platform knows about a request and a `Request` doesn't contain. */
export interface EventOrigin {
  /** Path and query before a URL normalizes them. */
  readonly target: string;
  /** The platform's own host name of the request. */
  readonly domainName: string;
  readonly remoteAddress: string;
}

export type RouteContext = Context<AppEnv>;

/**
 * A row of the route table: its handler and its description in openapi.json. `Needs`: the services that its handler
 * uses.
 */
export interface Route<Needs = Services> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In Hono's form: `/images/:id`. */
  readonly path: string;
  /** Absent for pages for people that anyone may read. */
  readonly operation?: Operation;
  readonly handle: (context: RouteContext, services: Needs) => Response | Promise<Response>;
  /** Tells an error to people, also one of the steps before; undefined: with a problem document, as other routes. */
  readonly refuse?: (context: RouteContext, error: AppError) => Response | undefined;
}

export interface Operation {
  /** Its row in the policy says who may call it. */
  readonly id: OperationId;
  readonly summary: string;
  readonly description?: string;
  readonly tag:
    | 'images'
    | 'renditions'
    | 'albums'
    | 'links'
    | 'keys'
    | 'webhooks'
    | 'usage'
    | 'users'
    | 'gates'
    | 'events'
    | 'service'
    | 'compatibility';
  /** All parameters that it reads. With a credential others are refused (admission/unread-input.ts). */
  readonly query?: z.ZodObject;
  /**
   * In open mode names that it doesn't have are refused too, in query and body: ignored, they would answer more than
   * requested, or be lost. Absent: the earlier services ignored them, and a caller without a credential may be one of
   * their clients.
   */
  readonly refusesUnknownNames?: true;
  /** It reads `metadata.NAME` for each name in METADATA_FILTERS, and refuses other such parameters. */
  readonly readsMetadataFilters?: true;
  readonly headers?: readonly RequestHeader[];
  /** By media type. A route with several decides by it. Absent: with a credential a body is refused. */
  readonly body?: { readonly [mediaType: string]: { schema: z.ZodType; examples?: Examples } };
  /** An empty body is a request too. */
  readonly mayLackBody?: true;
  readonly responses: { readonly [status: number]: Answer };
  /** The problems that it answers, in addition to those of every route. */
  readonly problems: readonly ErrorCode[];
  /** Examples of its own details, where those of other operations don't fit. */
  readonly details?: { readonly [Code in ErrorCode]?: string };
}

export type RequestHeader =
  | 'Guest-Secret'
  | 'X-User-Id'
  | 'Idempotency-Key'
  | 'If-Match'
  | 'If-None-Match'
  | 'Last-Event-ID'
  | 'Range';

interface Answer {
  readonly description: string;
  /** Descriptions of headers, by name. */
  readonly headers?: { readonly [name: string]: string };
  readonly json?: z.ZodType;
  readonly examples?: Examples;
  /** Media types other than JSON. */
  readonly mediaTypes?: readonly string[];
}

interface Examples {
  readonly [name: string]: { readonly summary: string; readonly value: unknown };
}
