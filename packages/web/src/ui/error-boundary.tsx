import { RotateCw } from 'lucide-react';
import { Component, type ReactNode } from 'react';
import { Button } from './button.tsx';
import style from './error-boundary.module.css';

interface Props {
  readonly children: ReactNode;
}

/** A mistake in one part leaves words and a way on, not an empty page. */
export class ErrorBoundary extends Component<Props, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { readonly hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <main className={style['failed']} tabIndex={-1}>
        <h1>Safelight</h1>
        <p role="alert">Something went wrong on this page. Uploads that aren't finished go on after a reload.</p>
        <Button icon={RotateCw} isMain onClick={() => location.reload()}>
          Reload
        </Button>
      </main>
    );
  }
}
