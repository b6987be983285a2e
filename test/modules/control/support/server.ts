/** A kernel with a control socket in a folder of its own, and a client of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kernel, type KernelOptions } from '../../../../core/index.js';
import { ControlClient, ControlModule } from '../../../../modules/control/index.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly json: unknown;
}

export class ControlledKernel implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'carpet-control-'));
  readonly socket = join(this.folder, 'control.sock');
  readonly readSocket = join(this.folder, 'status.sock');
  readonly kernel: Kernel;
  readonly client = new ControlClient(this.socket);
  readonly log: string[] = [];

  private constructor(options: KernelOptions) {
    this.kernel = new Kernel({ log: ({ message }) => void this.log.push(message), ...options });
  }

  static async start(options: KernelOptions = {}, settings: object = {}): Promise<ControlledKernel> {
    const made = new ControlledKernel(options);
    const { socket, readSocket } = made;
    await made.kernel.load(ControlModule, { socket, readSocket, ...settings });
    return made;
  }

  /** One request, as any HTTP client would make it. */
  ask(
    path: string,
    {
      body,
      method = body === undefined ? 'GET' : 'POST',
      headers = {},
      socket = this.socket,
    }: {
      readonly body?: unknown;
      readonly method?: string;
      readonly headers?: Record<string, string>;
      readonly socket?: string;
    } = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
      const type = text === undefined ? {} : { 'content-type': 'application/json' };
      const sent = request(
        { socketPath: socket, path, method, agent: false, headers: { ...type, ...headers } },
        (response) => {
          let received = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
          response.on('end', () => {
            const json = /json/.test(response.headers['content-type'] ?? '')
              ? JSON.parse(received)
              : undefined;
            resolve({ status: response.statusCode!, headers: response.headers, body: received, json });
          });
        },
      );
      sent.once('error', reject);
      sent.end(text);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kernel.shutdown();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
