import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createJobPace } from './job-pace.ts';

const NONE = { inspection: 0, request: 0, background: 0 };

describe('the estimated wait of a job', () => {
  it('is two seconds before any job has ended', () => {
    assert.equal(createJobPace(2).secondsFor('request', { ...NONE, request: 100 }), 2);
  });

  it('is based on the mean duration of jobs, divided by the number of processes', () => {
    const pace = createJobPace(2);
    pace.took('request', 100);
    assert.equal(pace.secondsFor('request', { ...NONE, request: 100 }), 5);
  });

  it('counts jobs that run earlier, and not those that run later', () => {
    const pace = createJobPace(1);
    for (const urgency of ['inspection', 'request', 'background'] as const) pace.took(urgency, 1000);
    assert.equal(pace.secondsFor('request', { inspection: 3, request: 4, background: 5 }), 7);
  });

  it('follows a change of load', () => {
    const pace = createJobPace(1);
    pace.took('request', 10_000);
    for (let job = 0; job < 100; job++) pace.took('request', 100);
    assert.equal(pace.secondsFor('request', { ...NONE, request: 20 }), 3);
  });

  it('is between one and thirty seconds', () => {
    const pace = createJobPace(1);
    pace.took('request', 1);
    pace.took('background', 60_000);
    assert.equal(pace.secondsFor('request', { ...NONE, request: 1 }), 1);
    assert.equal(pace.secondsFor('background', { ...NONE, background: 9 }), 30);
  });
});
