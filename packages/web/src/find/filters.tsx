import { formatName } from '@safelight/client';
import { X } from 'lucide-react';
import { type KeyboardEvent, useLayoutEffect, useRef } from 'react';
import { ALL, type LibraryQuery } from '../library/library-query.ts';
import { go, toQuery } from '../routes.ts';
import { Button } from '../ui/button.tsx';
import { capitalized } from '../ui/capitalized.ts';
import { monthText } from '../ui/formats.ts';
import style from './filters.module.css';

interface Filter {
  readonly name: string;
  readonly label: string;
  /** The query without it. */
  readonly others: LibraryQuery;
}

/** The filters of what is shown, each with a button that removes it; so do Delete and Backspace. */
export function Filters({ query }: { readonly query: LibraryQuery }) {
  const list = useRef<HTMLUListElement>(null);
  const removed = useRef<number>(undefined);
  const filters = filtersIn(query);
  useLayoutEffect(() => {
    const { current: index } = removed;
    removed.current = undefined;
    const buttons = list.current?.querySelectorAll('button') ?? [];
    if (index !== undefined) buttons[Math.min(index, filters.length - 1)]?.focus();
  }, [filters.length]);
  const remove = ({ others }: Filter, index: number): void => {
    removed.current = index;
    go(toQuery(others));
  };
  return (
    <ul ref={list} className={style['filters']} aria-label="Filters">
      {filters.map((filter, index) => (
        <li key={`${filter.name} ${filter.label}`}>
          <Button
            onClick={() => remove(filter, index)}
            onKeyDown={(event: KeyboardEvent) => {
              if (event.key !== 'Delete' && event.key !== 'Backspace') return;
              event.preventDefault();
              remove(filter, index);
            }}
          >
            <span className="visually-hidden">Remove </span>
            <span>{capitalized(filter.name)} </span>
            <bdi>{filter.label}</bdi>
            <X size={16} strokeWidth={1.75} aria-hidden />
          </Button>
        </li>
      ))}
      {filters.length > 1 && (
        <li>
          <Button className={style['all'] ?? ''} onClick={() => go(toQuery(ALL))}>
            Remove all
          </Button>
        </li>
      )}
    </ul>
  );
}

function filtersIn(query: LibraryQuery): readonly Filter[] {
  const { words, tags, type, month, visibility } = query;
  const single = (name: keyof LibraryQuery, label: string | undefined): readonly Filter[] =>
    label === undefined ? [] : [{ name, label, others: { ...query, [name]: undefined } }];
  return [
    ...single('words', words),
    ...tags.map((tag) => ({ name: 'tag', label: tag, others: { ...query, tags: tags.filter((one) => one !== tag) } })),
    ...single('type', type && formatName(type)),
    ...single('month', month && monthText(month)),
    ...single('visibility', visibility),
  ];
}
