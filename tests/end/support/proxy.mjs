// A proxy that does TLS in front of a plain server, as an operator would set it
// up: nginx or haproxy.

import { execFileSync, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort } from './command.mjs';
import { until, watched } from './server.mjs';

const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

function nginx(home, port, url, { certificate, key }) {
  writeFileSync(join(home, 'nginx.conf'), `
daemon off; worker_processes 1; pid ${home}/pid; error_log ${home}/error.log;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/fcgi;
  uwsgi_temp_path ${home}/uwsgi; scgi_temp_path ${home}/scgi;
  map $http_upgrade $connection_header { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificate}; ssl_certificate_key ${key};
    location / {
      proxy_pass ${url};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_header;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`);
  return ['nginx', '-p', home, '-c', join(home, 'nginx.conf'), '-e', join(home, 'error.log')];
}

function haproxy(home, port, url, { certificate, key }) {
  const both = join(home, 'both.pem');
  writeFileSync(both, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'));
  writeFileSync(join(home, 'haproxy.cfg'), `
global
  maxconn 512
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
  option forwardfor
frontend door
  bind 127.0.0.1:${port} ssl crt ${both}
  http-request set-header X-Forwarded-Proto https
  default_backend tillwire
backend tillwire
  server one ${new URL(url).host}
`);
  return ['haproxy', '-db', '-f', join(home, 'haproxy.cfg')];
}

const KINDS = { nginx, haproxy };

function accepts(port) {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => { socket.destroy(); done(true); });
    socket.once('error', () => done(false));
  });
}

// A running one, at `https://127.0.0.1:port`.
export class Proxy {
  static NAMES = Object.keys(KINDS);

  // The reason to skip a test: false where it is installed.
  static whyNot(name) {
    try {
      execFileSync('sh', ['-c', `command -v ${name}`], { env });
      return false;
    } catch {
      return `${name} is not installed`;
    }
  }

  // In front of the plain server at `url`; its files go into a folder in `folder`.
  static async start(name, folder, url, files) {
    const proxy = new Proxy();
    const home = join(folder, name);
    mkdirSync(home);
    proxy.port = await freePort();
    proxy.url = `https://127.0.0.1:${proxy.port}`;
    const [command, ...args] = KINDS[name](home, proxy.port, url, files);
    proxy.said = '';
    proxy.child = watched(spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env }));
    proxy.child.stderr.on('data', (bytes) => { proxy.said += bytes; });
    await until(`${name} listens`, async () => {
      if (proxy.child.exitCode !== null) throw new Error(`${name} ended with ${proxy.child.exitCode}: ${proxy.said}`);
      return accepts(proxy.port);
    });
    return proxy;
  }

  stop() {
    this.child.kill('SIGTERM');
  }
}
