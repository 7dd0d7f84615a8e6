import { AppError } from '../../domain/errors.ts';
import { checkReadiness } from '../../operations/checks/check-readiness.ts';
import { toldOrders } from '../../operations/images/order-by-capture.ts';
import type { Services } from '../../services.ts';
import { addHeaders, jsonAnswer } from '../answers/answer.ts';
import { answerOf } from '../answers/problem-answer.ts';
import { header } from '../request/header.ts';
import type { Route, RouteContext } from '../route.ts';
import * as operations from './service.openapi.ts';
import { OK, readinessJson, serviceJson } from './service-json.ts';

export interface StartPage {
  /** The page that people get at `/`. */
  readonly startPage: (c: RouteContext) => Promise<Response>;
}

const STOPPING = new AppError('unavailable', 'expected a running process; got one that stops');

export interface Leaving {
  /** Aborts when this process announces that it stops. null: it never does. */
  readonly leaving: AbortSignal | null;
}

export const serviceRoutes: readonly Route<Services & StartPage & Leaving>[] = [
  {
    method: 'GET',
    path: '/',
    operation: operations.describe,
    async handle(c, { settings, presigner, imaging, images, events, gates, ingest, startPage }) {
      addHeaders(c, { vary: 'Origin, Accept' });
      const wantsPage = header(c, 'accept')?.toLowerCase().includes('text/html') === true;
      if (wantsPage) return startPage(c);
      const { level: decoders } = imaging.confinement();
      const told = {
        decoders,
        search: images.searches,
        taken: (await toldOrders(images)) !== 'none',
        events: events !== null,
        gates: gates.length > 0,
        ingest: ingest !== null,
      };
      return jsonAnswer(c, serviceJson(settings, presigner.capabilities, told));
    },
  },
  ...(['/health', '/livez'] as const).map(
    (path): Route => ({ method: 'GET', path, operation: operations.health(path), handle: (c) => jsonAnswer(c, OK) }),
  ),
  {
    method: 'GET',
    path: '/readyz',
    operation: operations.checkReadiness,
    async handle(c, services) {
      const { leaving } = services;
      const readiness = leaving?.aborted ? [] : await checkReadiness(services);
      if (leaving?.aborted) return answerOf(c, STOPPING); // also if it has begun meanwhile: a late 200 would call requests back
      return jsonAnswer(c, readinessJson(readiness));
    },
  },
];
