/* What a program costs that does nothing and is linked with the libraries of wsfsm. */
int main(void)
{
    return 0;
}
