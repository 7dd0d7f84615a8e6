import { BODY_PROBLEMS, WORK_PROBLEMS } from '../answers/problem.openapi.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';
import type { Operation } from '../route.ts';
import {
  decisionBody,
  decisionList,
  dropGateBody,
  droppedPage,
  gateList,
  rescanBody,
  rescanState,
} from './gate-schemas.ts';

const EXAMPLE_GATE = {
  name: 'clamd',
  on_error: 'hold',
  attempts: 5,
  timeout_seconds: 30,
  concurrency: 4,
  deadline_hours: 24,
  at_deadline: 'refuse',
  status: 'ok',
  error: null,
};

const EXAMPLE_RESCAN = {
  gate: 'clamd',
  before: '2026-01-31T12:00:00.000Z',
  asked_at: '2026-01-31T12:00:00.000Z',
  status: 'waiting',
  passed: 0,
  refused: 0,
  held: 0,
  failed: 0,
  continues_at: null,
  done_at: null,
};

export const list: Operation = {
  id: 'listGates',
  summary: 'The gates of the service',
  description:
    'The checks that each image must pass before it is ready, in their order, as this process is configured. Asks each whether it is there, at most once in 30 s.',
  tag: 'gates',
  responses: {
    200: {
      description: 'The gates; none if images are only inspected.',
      json: gateList,
      examples: { clamd: { summary: 'A virus scanner', value: { gates: [EXAMPLE_GATE], rescans: [] } } },
    },
  },
  problems: [],
};

export const rescan: Operation = {
  id: 'rescanImages',
  summary: 'Have a gate look again at images that are served',
  description:
    'For a gate that knows more than when the images passed it, such as new virus signatures. A worker asks about all ready and trashed images that the gate has not seen since `before`, at a low priority; `GET /gates` has its progress. Images stay as they are while the gate is asked. A refused image is rejected, and its bytes and renditions are removed; an image about which the gate decides later is held until then. While a re-scan for the same time or a later one waits or runs, the answer is that one; one for an earlier time is replaced.',
  tag: 'gates',
  body: {
    'application/json': {
      schema: rescanBody,
      examples: {
        all: { summary: 'All images', value: { gate: 'clamd' } },
        since: {
          summary: 'Images that were not scanned since',
          value: { gate: 'clamd', before: '2026-01-31T12:00:00Z' },
        },
      },
    },
  },
  responses: {
    202: {
      description: 'The re-scan waits or runs.',
      json: rescanState,
      examples: { waiting: { summary: 'A worker begins within a minute', value: EXAMPLE_RESCAN } },
    },
  },
  problems: [...BODY_PROBLEMS, 'insufficient-storage'],
};

export const drop: Operation = {
  id: 'dropGate',
  summary: 'Release images from a gate',
  description:
    'For a gate that no process has any more: images that list it would be refused at its deadline. Answers after a page of images; repeat the request with `next_cursor` until it is null. Images that wait for no other gate are ready within a minute. A gate of the process that answers is a 400: remove it from the configuration of all processes first.',
  tag: 'gates',
  mayLackBody: true,
  body: {
    'application/json': {
      schema: dropGateBody,
      examples: { first: { summary: 'The first page', value: {} } },
    },
  },
  responses: {
    200: {
      description: 'The images of this page are released.',
      json: droppedPage,
      examples: { last: { summary: 'The last page', value: { gate: 'clamd', released: 3, next_cursor: null } } },
    },
  },
  problems: [...BODY_PROBLEMS, 'invalid-cursor', 'insufficient-storage'],
  details: { 'invalid-cursor': 'expected the next_cursor of the previous page; got another text' },
};

export const decisions: Operation = {
  id: 'listDecisions',
  summary: 'What gates decided about an image',
  description:
    'The oldest first, at most 50. Also of images in the trash and of rejected ones, for as long as their records are kept; a deleted image is a 404.',
  tag: 'gates',
  responses: {
    200: {
      description: 'The decisions; none if the service had no gates at that time.',
      json: decisionList,
      examples: {
        refused: {
          summary: 'A virus scanner refused the image',
          value: {
            image_id: EXAMPLE_ID,
            status: 'rejected',
            sha256: null,
            gates: [],
            waits_for: null,
            decisions: [
              {
                gate: 'clamd',
                by: 'gate',
                actor: null,
                verdict: 'refuse',
                at: '2026-01-31T12:00:04.210Z',
                private_reason: 'Eicar-Test-Signature',
              },
            ],
          },
        },
      },
    },
  },
  problems: ['image-not-found'],
};

const SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

export const decide: Operation = {
  id: 'decideImage',
  summary: 'Decide about an image in place of a gate',
  description:
    'For persons, and for gates that answered 202. The decision concerns one gate and the bytes with that hash. After the last gate the image is ready; a refusal rejects it at once, and its bytes are removed. It may come while the image is pending, and counts once its bytes are verified. The same decision again changes nothing. Closed without AUTH.',
  tag: 'gates',
  body: {
    'application/json': {
      schema: decisionBody,
      examples: {
        pass: { summary: 'Pass it', value: { gate: 'human-review', sha256: SHA256, verdict: 'pass' } },
        refuse: {
          summary: 'Refuse it',
          value: {
            gate: 'human-review',
            sha256: SHA256,
            verdict: 'refuse',
            reason: 'expected a landscape; got a portrait',
            private_reason: 'a face in the upper left corner',
          },
        },
      },
    },
  },
  responses: {
    200: {
      description: 'The decision is recorded.',
      json: decisionList,
      examples: {
        passed: {
          summary: 'A person passed the image',
          value: {
            image_id: EXAMPLE_ID,
            status: 'ready',
            sha256: SHA256,
            gates: [],
            waits_for: null,
            decisions: [
              {
                gate: 'human-review',
                by: 'person',
                actor: '0UiGeyCh9OzwyLrC',
                verdict: 'pass',
                at: '2026-01-31T12:00:04.210Z',
                private_reason: null,
              },
            ],
          },
        },
      },
    },
  },
  problems: [
    ...BODY_PROBLEMS,
    'forbidden',
    'image-not-found',
    'already-decided',
    'not-awaited',
    'insufficient-storage',
  ],
};

export const review: Operation = {
  id: 'reviewImage',
  summary: 'See a held image',
  description:
    'The picture that HTTP gates get, for persons who decide: at most 512 pixels wide and high, without metadata, of an animation its first frame. It is made for each request, which counts as a render. Closed without AUTH.',
  tag: 'gates',
  responses: {
    200: {
      description: 'The picture.',
      headers: { 'Cache-Control': '`no-store`' },
      mediaTypes: ['image/jpeg'],
    },
  },
  problems: ['forbidden', 'image-not-found', 'not-awaited', 'rendition-failed', 'original-lost', ...WORK_PROBLEMS],
};
