/* The repository layer beside git's command line, in paired rounds on generated repositories.
 *
 *     bench_repo [FILES...]        default: 50 5000 30000
 *
 * One line each: name, our seconds, git's seconds, ratio (median of the rounds' ratios), goal, met
 * or not.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/repo/repo.h"
#include "wsfsm/repo/worktree.h"

enum { MAX_ROUNDS = 11 };

struct pair {
    double ours[MAX_ROUNDS], theirs[MAX_ROUNDS];
    size_t rounds;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, const struct ws_error *err)
{
    fprintf(stderr, "bench_repo: %s: %s: %s\n", what, err != NULL ? err->where : "",
            err != NULL ? err->message : "failed");
    exit(1);
}

/* A shell script; its seconds. */
static double sh(const char *format, ...) __attribute__((format(printf, 1, 2)));
static double sh(const char *format, ...)
{
    double begin = now();
    int status;
    va_list ap;
    char *script;
    pid_t pid;

    va_start(ap, format);
    script = ws_vformat(format, ap);
    va_end(ap);
    pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-e", "-c", script, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        die(script, NULL);
    }
    free(script);
    return now() - begin;
}

/* Files of 1 to 4 KB, a hundred to a folder. */
static void generate(const char *root, size_t files)
{
    sh("mkdir -p %s && cd %s && git init -q -b main . && git config user.name b && git config "
       "user.email b@b",
       root, root);
    for (size_t i = 0; i < files; i++) {
        char *dir = ws_format("%s/d%03zu/s%zu", root, i / 100, i / 20 % 5);
        char *path = ws_format("%s/f%05zu.c", dir, i);
        struct ws_error err;
        FILE *f;

        if (ws_mkdirs(dir, 0777, &err) < 0 || (f = fopen(path, "w")) == NULL) {
            die(path, &err);
        }
        for (size_t k = 0; k < 20 + i % 60; k++) {
            fprintf(f, "/* file %zu line %zu: some text */\n", i, k);
        }
        fclose(f);
        free(path);
        free(dir);
    }
    sh("cd %s && printf '*.o\\nbuild/\\n' > .gitignore && git add -A && git commit -q -m base && "
       "git repack -q -a -d",
       root);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(const double *values, size_t n)
{
    double sorted[MAX_ROUNDS];

    memcpy(sorted, values, n * sizeof *values);
    qsort(sorted, n, sizeof *sorted, by_value);
    return sorted[n / 2];
}

static void report(const char *name, size_t files, const struct pair *p, double goal)
{
    double ratios[MAX_ROUNDS], ratio;

    for (size_t i = 0; i < p->rounds; i++) {
        ratios[i] = p->ours[i] / p->theirs[i];
    }
    ratio = median(ratios, p->rounds);
    printf("%s/%zu %.4f %.4f %.2f %.2f %s\n", name, files, median(p->ours, p->rounds),
           median(p->theirs, p->rounds), ratio, goal, ratio <= goal ? "met" : "not met");
    fflush(stdout);
}

static struct ws_worktree *prepare(struct ws_repo *r, const char *base, const char *ws_id)
{
    const struct ws_worktree_spec spec = {"bench", ws_id, base};
    struct ws_worktree *w = NULL;
    struct ws_prepared how;
    struct ws_error err;

    if (ws_worktree_prepare(&w, &how, r, &spec, &err) < 0) {
        die("prepare", &err);
    }
    return w;
}

static double scope_check(struct ws_repo *r, struct ws_worktree *w, const char *base)
{
    struct ws_changes changes = {0};
    struct ws_content content;
    struct ws_error err;
    double begin = now();

    if (ws_worktree_check(w, &err) < 0 || ws_worktree_content(&content, w, &err) < 0 ||
        ws_repo_diff(&changes, r, base, content.tree, &err) < 0) {
        die("content", &err);
    }
    ws_changes_release(&changes);
    ws_content_release(&content);
    return now() - begin;
}

static double git_check(const char *tree)
{
    return sh(
        "cd %s && git status --porcelain >/dev/null && git diff --name-status main >/dev/null",
        tree);
}

/* Nothing is removed between the rounds: ext4 is slow to give inodes out that were just freed. */
static void bench_creation(const char *root, struct ws_repo *r, const char *base, size_t files,
                           size_t rounds)
{
    struct pair p = {.rounds = rounds};

    for (size_t i = 0; i < rounds; i++) {
        for (size_t side = 0; side < 2; side++) {
            sh("sync");
            if (side == i % 2) {
                char *id = ws_format("ws-n%zu", i);
                double begin = now();

                ws_worktree_close(prepare(r, base, id));
                p.ours[i] = now() - begin;
                free(id);
            } else {
                p.theirs[i] =
                    sh("cd %s && git -c core.fsync=all worktree add -q -b b%zu .worktrees/g%zu",
                       root, i, i);
            }
        }
    }
    report("worktree-creation", files, &p, 1.0);
}

static void bench_check(const char *root, struct ws_repo *r, const char *base, size_t files,
                        size_t rounds)
{
    struct pair clean = {.rounds = rounds}, edited = {.rounds = rounds},
                touched = {.rounds = rounds};
    char *ours = ws_path_join(root, ".worktrees/ws-bench"),
         *theirs = ws_path_join(root, ".worktrees/git");
    struct ws_worktree *w = prepare(r, base, "ws-bench");

    sh("cd %s && git worktree add -q -b check .worktrees/git && sleep 1.1 && git -C %s status "
       ">/dev/null",
       root, theirs);
    scope_check(r, w, base);
    for (size_t i = 0; i < rounds; i++) {
        clean.ours[i] = scope_check(r, w, base);
        clean.theirs[i] = git_check(theirs);
        for (size_t side = 0; side < 2; side++) {
            sh("cd %s && for f in d000/s0/*.c; do echo edit%zu >> $f; done && mkdir -p new && for "
               "n in 1 2 3 4 5; do "
               "echo %zu > new/$n; done",
               side == 0 ? ours : theirs, i, i);
        }
        edited.ours[i] = scope_check(r, w, base);
        edited.theirs[i] = git_check(theirs);
        sh("find %s %s -name '*.c' -exec touch {} +", ours, theirs);
        touched.ours[i] = scope_check(r, w, base);
        touched.theirs[i] = git_check(theirs);
        scope_check(r, w, base);
        git_check(theirs);
    }
    report("scope-check-unchanged", files, &clean, 1.0);
    report("scope-check-25-edits", files, &edited, 1.0);
    report("scope-check-all-touched", files, &touched, 1.0);
    ws_worktree_close(w);
    free(ours);
    free(theirs);
}

static void bench(size_t files)
{
    char template[] = "/tmp/wsfsm-bench-XXXXXX", base[WS_OID_HEX], *root, *name = NULL;
    size_t rounds = files > 10000 ? 3 : 7;
    struct ws_repo *r = NULL;
    struct ws_error err;

    if (mkdtemp(template) == NULL) {
        die("mkdtemp", NULL);
    }
    root = ws_path_join(template, "repo");
    generate(root, files);
    if (ws_repo_open(&r, root, &err) < 0 || ws_repo_resolve_base(base, &name, r, NULL, &err) < 0) {
        die("open", &err);
    }
    bench_creation(root, r, base, files, rounds);
    bench_check(root, r, base, files, rounds);
    ws_repo_close(r);
    sh("rm -rf %s", template);
    free(name);
    free(root);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {50, 5000, 30000};

    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    printf("# name/files ours-s git-s ratio goal\n");
    for (int i = 1; i < argc; i++) {
        bench(strtoul(argv[i], NULL, 10));
    }
    for (size_t i = 0; argc == 1 && i < sizeof sizes / sizeof *sizes; i++) {
        bench(sizes[i]);
    }
    return 0;
}
