import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createJobPace } from './job-pace.ts';

const NONE = { inspection: 0, request: 0, background: 0 };

describe('the pace of jobs', () => {
  it('says two seconds before any has ended', () => {
    assert.equal(createJobPace(2).secondsFor('request', { ...NONE, request: 100 }), 2);
  });

  it('is what jobs took, shared among the processes', () => {
    const pace = createJobPace(2);
    pace.took('request', 100);
    assert.equal(pace.secondsFor('request', { ...NONE, request: 100 }), 5);
  });

  it('counts what comes before, and not what comes after', () => {
    const pace = createJobPace(1);
    for (const urgency of ['inspection', 'request', 'background'] as const) pace.took(urgency, 1000);
    assert.equal(pace.secondsFor('request', { inspection: 3, request: 4, background: 5 }), 7);
  });

  it('follows a change of work', () => {
    const pace = createJobPace(1);
    pace.took('request', 10_000);
    for (let job = 0; job < 100; job++) pace.took('request', 100);
    assert.equal(pace.secondsFor('request', { ...NONE, request: 20 }), 3);
  });

  it('is from one second to thirty', () => {
    const pace = createJobPace(1);
    pace.took('request', 1);
    pace.took('background', 60_000);
    assert.equal(pace.secondsFor('request', { ...NONE, request: 1 }), 1);
    assert.equal(pace.secondsFor('background', { ...NONE, background: 9 }), 30);
  });
});
