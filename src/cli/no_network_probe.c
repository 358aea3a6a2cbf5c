/* Not part of the program: the build links this to find out whether no_network_static.c fits the
 * libgit2 that is there. */
int git_libgit2_init(void);

int main(void)
{
    return git_libgit2_init() > 0 ? 0 : 1;
}
