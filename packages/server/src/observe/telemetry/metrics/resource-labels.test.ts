import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { withLabels } from './resource-labels.ts';

describe('the attributes of the process', () => {
  it('are labels that Prometheus takes, each once', () => {
    const attributes = {
      'service.name': 'images',
      'a.b': '1',
      a_b: '2',
      'a..b': '3',
      '1-word': 'four',
      service_name: 'x',
    };
    const resource = withLabels(resourceFromAttributes(attributes));
    const text = new PrometheusSerializer().serialize({ resource, scopeMetrics: [] });
    const [, given = ''] = /^target_info\{(.*)\} 1$/m.exec(text) ?? [];
    assert.deepEqual(given.split(',').toSorted(), ['_1_word="four"', 'a_b="1"', 'service_name="images"']);
  });
});
