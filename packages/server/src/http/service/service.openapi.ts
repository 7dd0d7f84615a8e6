import { MAX_PIXELS } from '../../domain/image/media-type.ts';
import { DEFAULT_PRESETS, parsePresets } from '../../domain/rendition/presets.ts';
import type { Operation } from '../route.ts';
import * as answers from './service-answers.ts';
import { OK, readinessJson, serviceJson, type ToldSettings } from './service-json.ts';

const EXAMPLE_SETTINGS: ToldSettings = {
  maxUploadBytes: 52_428_800,
  maxDirectUploadBytes: 5_242_880,
  maxPixels: MAX_PIXELS,
  presignedSeconds: 300,
  redirectsBytes: false,
  trashDays: 30,
  presets: parsePresets(DEFAULT_PRESETS),
  presetsOnly: false,
};

const EVERYTHING: answers.Capabilities = {
  conditionalWrites: true,
  checksums: true,
  postPolicy: true,
  headerSigning: true,
};

export const describe: Operation = {
  id: 'describeService',
  summary: 'The service, its version and its limits',
  description:
    'JSON; a client that asks for HTML gets the gallery, a page for people. `image_types`: the formats of uploads; `bytes`: whether the service sends bytes or redirects to the store; `search`: whether lists have `q` and `visibility`, and there are `/tags` and `/images/known`; `taken`: whether they have an order by capture; `events`: whether there is `GET /events`; `gates`: whether uploads may be `held`; `ingest`: whether `POST /images` takes URLs; `decoders`: the confinement of decode processes (SECURITY.md), which the start measures; `store.lacks`: the rules of S3 that the store lacks.',
  tag: 'service',
  responses: {
    200: {
      description: 'The service runs. For browsers: the gallery.',
      json: answers.index,
      examples: {
        running: {
          summary: 'The service runs',
          value: serviceJson(EXAMPLE_SETTINGS, EVERYTHING, {
            decoders: 'landlock',
            search: true,
            taken: true,
            events: true,
            gates: false,
            ingest: false,
          }),
        },
      },
    },
    302: {
      description: 'To /docs, for browsers, where the gallery is not installed.',
      headers: { Location: '`/docs`' },
    },
  },
  problems: [],
};

const ANSWERS = { ok: { summary: 'The service answers', value: OK } };

export const health = (path: '/health' | '/livez'): Operation => ({
  id: path === '/health' ? 'checkHealth' : 'checkLiveness',
  summary: 'Whether the service answers',
  tag: 'service',
  responses: { 200: { description: 'The service answers.', json: answers.health, examples: ANSWERS } },
  problems: [],
});

export const checkReadiness: Operation = {
  id: 'checkReadiness',
  summary: 'Whether requests can be served now',
  description:
    "Based on the service's own calls of the last 30 s; a part without writes is probed, at most once in 30 s. `degraded`: some calls failed, uploads are refused because the disk is nearly full, or a gate fails, so that uploads are held. 503: every write to a part has failed for 15 s; `errors` names the part, as `/parts/records` or `/parts/objects`. The log has the reason.",
  tag: 'service',
  responses: {
    200: {
      description: 'Requests can be served.',
      json: answers.readiness,
      examples: {
        ok: { summary: 'All parts work', value: readinessJson([]) },
        degraded: { summary: 'Some calls failed', value: readinessJson(['records']) },
        full: { summary: 'The disk has no space for uploads', value: readinessJson(['disk-space']) },
        gates: { summary: 'A gate fails: uploads are held', value: readinessJson(['gates']) },
      },
    },
  },
  problems: ['unavailable'],
};
